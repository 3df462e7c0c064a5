import { Username } from '@convive/protocol/accounts'
import { LIMITS } from '@convive/protocol/limits'
import { betterAuth } from 'better-auth/minimal'
import { username } from 'better-auth/plugins/username'
import type { App } from '../context.ts'
import { WorkQueue } from '../storage/work-queue.ts'
import { createAuthAdapter } from './auth-adapter.ts'
import { SESSION_DAYS } from './authenticate.ts'

/** Header in which the address goes to better-auth; it never comes from outside. */
const ADDRESS_HEADER = 'x-convive-address'
const PASSWORD_CHARS = 8
/** Hashing takes about 32 MB and a tenth of a second on one of four threads, which files need too. */
const HASHES = { atOnce: 2, waiting: 128 }
const USER_AGENT_CHARS = 256

const made = new WeakMap<object, Auth>()

export type Auth = ReturnType<typeof createAuth>

/** better-auth over our tables, one per database: passwords and sessions. We call it; it listens nowhere. */
export function getAuth(app: App): Auth {
  const known = made.get(app.db)
  if (known) return known
  const auth = createAuth(app)
  made.set(app.db, auth)
  return auth
}

function createAuth(app: App) {
  const auth = betterAuth({
    appName: app.config.name,
    baseURL: 'http://localhost',
    secret: app.secrets.derive('better-auth'),
    database: createAuthAdapter(app.db, { registrationOpen: app.config.registrationOpen }),
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_CHARS,
      maxPasswordLength: LIMITS.passwordChars,
    },
    session: {
      modelName: 'auth_sessions',
      expiresIn: SESSION_DAYS * 86_400,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    user: {
      modelName: 'auth_users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    account: {
      modelName: 'auth_accounts',
      fields: {
        userId: 'user_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: 'auth_verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    advanced: {
      database: { generateId: false },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER], ipv6Subnet: 128 },
    },
    plugins: [
      username({
        minUsernameLength: 2,
        maxUsernameLength: LIMITS.usernameChars,
        usernameValidator: (name) => Username.safeParse(name).success,
        schema: { user: { fields: { displayUsername: 'display_username' } } },
      }),
    ],
  })
  return { api: auth.api, hashing: new WorkQueue(HASHES) }
}

/** Where a person signs in from: shown in the list of sessions. */
export interface Device {
  ip: string
  userAgent: string | null
}

export function deviceHeaders(device: Device): Headers {
  const headers = new Headers({ [ADDRESS_HEADER]: device.ip })
  // Headers takes latin-1 only, and throws on anything else.
  const agent = device.userAgent?.replace(/[^\x20-\x7e]/g, '').slice(0, USER_AGENT_CHARS)
  if (agent) headers.set('user-agent', agent)
  return headers
}

/** The code of better-auth's refusal, such as USERNAME_IS_ALREADY_TAKEN; null if the error is something else. */
export function authErrorCode(error: unknown): string | null {
  const { name, body } = error as { name?: string; body?: { code?: unknown } }
  return name === 'APIError' && typeof body?.code === 'string' ? body.code : null
}
