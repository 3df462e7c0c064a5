import { onDispatch } from '../../connection/session.ts'
import { apply } from '../../store/apply.ts'
import type { State } from '../../store/state.ts'

/** Events that may be applied again: the second time they change nothing. Reactions would count twice. */
const REPEATABLE: ReadonlySet<string> = new Set([
  'MESSAGE_CREATE',
  'MESSAGE_UPDATE',
  'MESSAGE_DELETE',
  'MESSAGE_DELETE_BULK',
])

/**
 * Collects what happens in a channel while a page of its history is under way: the answer may have been read before
 * it and arrive after it. `replay` applies it on top of the page; `stop` ends the collecting.
 */
export function collectMeanwhile(channelId: string): { replay: (state: State) => State; stop: () => void } {
  const events: [name: string, data: unknown][] = []
  const stop = onDispatch((name, data) => {
    if (REPEATABLE.has(name) && (data as { channel_id: string }).channel_id === channelId)
      events.push([name, data])
  })
  const replay = (state: State): State =>
    events.reduce((current, [name, data]) => apply(current, name, data, Date.now()), state)
  return { replay, stop }
}
