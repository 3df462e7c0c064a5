import type { SignedIn, SignIn } from '@convive/protocol/accounts'
import { ApiError } from '@convive/protocol/errors'
import type { z } from 'zod'
import type { App } from '../context.ts'
import { authErrorCode, type Device, deviceHeaders, getAuth } from './auth.ts'
import { takeGuess } from './guesses.ts'
import { dropOldSessions } from './sessions.ts'

/** What better-auth says of a name that cannot be, one it does not know, or a wrong password: one thing to the outside. */
const REFUSALS: ReadonlySet<string> = new Set([
  'INVALID_EMAIL',
  'INVALID_EMAIL_OR_PASSWORD',
  'INVALID_USERNAME',
  'INVALID_USERNAME_OR_PASSWORD',
  'USERNAME_TOO_LONG',
  'USERNAME_TOO_SHORT',
])

/**
 * Signs a person in by username or e-mail address. An unknown name takes as long as a wrong password. Throws
 * WrongCredentials, TooManyAttempts, Overloaded.
 */
export async function signIn(app: App, device: Device, input: z.infer<typeof SignIn>): Promise<SignedIn> {
  const guess = await takeGuess(app.db, input.login, device.ip)
  const { api, hashing } = getAuth(app)
  const { login, password } = input
  const headers = deviceHeaders(device)
  try {
    const { token, user } = await hashing.run(() =>
      login.includes('@')
        ? api.signInEmail({ body: { email: login, password }, headers })
        : api.signInUsername({ body: { username: login, password }, headers }),
    )
    await guess.forgive()
    await dropOldSessions(app, user.id)
    return { token, user_id: user.id }
  } catch (error) {
    if (REFUSALS.has(authErrorCode(error) ?? '')) throw new ApiError('WrongCredentials')
    await guess.withdraw()
    throw error
  }
}
