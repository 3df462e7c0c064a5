import { ApiFailure, UNREACHABLE } from '../connection/rest.ts'
import { tell } from '../ui/toast.tsx'
import { hasText, translate } from './i18n.ts'

/** What went wrong, in the person's language; the server's own words where there is no translation. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiFailure)) return translate('error.unknown')
  if (error.code === UNREACHABLE) return translate('error.unreachable')
  if (error.code === 50035) return Object.values(error.fields)[0] ?? translate('error.50035')
  const key = `error.${error.code}`
  if (error.code !== 0 && hasText(key)) return translate(key)
  if (error.status === 429) return translate('error.429')
  return error.message || translate('error.unknown')
}

/** Runs an action of the person's and tells a failure in passing. True if it went well. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    tell(failureText(error), 'failure')
    return false
  }
}
