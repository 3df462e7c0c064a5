import type { SignedIn, SignUp } from '@convive/protocol/accounts'
import { ApiError, type ErrorName, invalid } from '@convive/protocol/errors'
import type { z } from 'zod'
import type { App } from '../context.ts'
import { authErrorCode, type Device, deviceHeaders, getAuth } from './auth.ts'

/** Names that a message would take for a call to everybody. */
const RESERVED_USERNAMES: ReadonlySet<string> = new Set(['everyone', 'here'])

/**
 * Makes a person's account and signs it in. The instance's first account owns it. Throws UsernameTaken, EmailTaken,
 * RegistrationClosed, Overloaded.
 */
export async function signUp(app: App, device: Device, input: z.infer<typeof SignUp>): Promise<SignedIn> {
  requireFreeName(input.username)
  const { api, hashing } = getAuth(app)
  const name = input.global_name ?? input.username
  const body = { name, username: input.username, email: input.email, password: input.password }
  try {
    const { token, user } = await hashing.run(() => api.signUpEmail({ body, headers: deviceHeaders(device) }))
    if (token === null) throw new Error('better-auth made an account without a session')
    return { token, user_id: user.id }
  } catch (error) {
    throw signUpError(error) ?? error
  }
}

/** Throws a field error where nobody may have this name. */
export function requireFreeName(username: string): void {
  if (RESERVED_USERNAMES.has(username))
    throw invalid('username', 'USERNAME_INVALID', 'This name is reserved.')
}

/** UsernameTaken or EmailTaken for a failed write of an account; null if it failed for another reason. */
export function takenError(error: unknown): ApiError | null {
  const { code, constraint } = error as { code?: string; constraint?: string }
  if (code !== '23505') return null
  if (constraint === 'users_username' || constraint === 'auth_users_username_key')
    return taken('UsernameTaken', 'username')
  return constraint === 'auth_users_email_key' ? taken('EmailTaken', 'email') : null
}

function signUpError(error: unknown): ApiError | null {
  const code = authErrorCode(error)
  if (code === 'USERNAME_IS_ALREADY_TAKEN') return taken('UsernameTaken', 'username')
  if (code?.startsWith('USER_ALREADY_EXISTS')) return taken('EmailTaken', 'email')
  return takenError(error)
}

function taken(name: ErrorName, field: string): ApiError {
  const { message } = new ApiError(name)
  return new ApiError(name, { fields: [{ path: [field], code: 'BASE_TYPE_BAD_VALUE', message }] })
}
