import { z } from 'zod'
import { LIMITS } from './limits.ts'

/** Discord's rule for new usernames: 2 to 32 of a-z, 0-9, `_` and `.`, no two dots in a row. Letters of other scripts go into the display name. */
export const Username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(?!.*\.\.)[a-z0-9_.]{2,32}$/, 'Use 2 to 32 of a-z, 0-9, "_" and ".", and no two dots in a row.')

export const SignUp = z.object({
  username: Username,
  global_name: z.string().trim().min(1).max(LIMITS.usernameChars).optional(),
  email: z.email().max(254),
  password: z.string().min(8).max(LIMITS.passwordChars),
})

/** `login` is the username or the e-mail address. */
export const SignIn = z.object({
  login: z.string().trim().min(1).max(254),
  password: z.string().min(1).max(LIMITS.passwordChars),
})

/** Answer to signing up or in. The token goes into `Authorization` as it is, and into Identify. */
export interface SignedIn {
  token: string
  user_id: string
}

/** `GET /instance`, for anybody: what the sign-in page must know. */
export interface InstanceInfo {
  name: string
  version: string
  /** Nobody has signed up yet: the first account owns the instance. */
  needs_owner: boolean
  registration_open: boolean
  /** Whether the asking person owns the instance; false for strangers. */
  is_owner: boolean
}

/** `GET /accounts/sessions`: where the account is signed in. */
export interface SessionInfo {
  id: string
  created_at: string
  last_seen_at: string
  user_agent: string | null
  current: boolean
}
