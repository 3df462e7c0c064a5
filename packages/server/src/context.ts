import type { Logger } from 'pino'
import type { Authenticator } from './accounts/authenticate.ts'
import type { Users } from './accounts/users.ts'
import type { Bus } from './bus/bus.ts'
import type { Config } from './config.ts'
import type { GuildStates } from './guilds/state.ts'
import type { Director } from './messages/casting.ts'
import type { SendQueue } from './messages/send-queue.ts'
import type { Metrics } from './metrics.ts'
import type { Models } from './models/registry.ts'
import type { Database } from './storage/database.ts'
import type { Files } from './storage/files.ts'
import type { Secrets } from './storage/secrets.ts'

/** What every function is handed: made once, in app.ts, and nowhere else. */
export interface App {
  readonly config: Config
  /** Where people and bots reach this server: `https://chat.example.org`. Known once it listens. */
  origin: string
  /** Names this process among the nodes. */
  readonly nodeId: string
  readonly log: Logger
  readonly metrics: Metrics
  /** Milliseconds since 1970; tests set it. */
  readonly now: () => number
  readonly db: Database
  readonly bus: Bus
  readonly files: Files
  readonly secrets: Secrets
  readonly users: Users
  readonly authenticator: Authenticator
  readonly guilds: GuildStates
  readonly sends: SendQueue
  readonly director: Director
  readonly models: Models
}

/** Whoever asks: a person or an application's bot through the API, a character through its turn. */
export interface Actor {
  userId: string
  kind: 'person' | 'character' | 'application'
  /** The session that asks, so that signing out can end just this one; null for bots and characters. */
  sessionId: string | null
}
