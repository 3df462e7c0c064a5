import { timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Bus } from '../bus/bus.ts'
import type { Actor } from '../context.ts'
import type { Database } from '../storage/database.ts'
import { botIdOf, hashSessionToken, hashToken, TOKEN_REVOKED, type TokenRevoked } from './tokens.ts'

interface Known {
  actor: Actor
  /** Null for bots: their tokens end by being reset. */
  expiresAtMs: number | null
  touchedAtMs: number
}

/** Tokens kept in memory; the least used give way and are read again. */
const CACHED_TOKENS = 50_000
/** Read again this often, so that a revocation that was never heard of does not last. */
const CACHE_MS = 10 * 60_000
const TOUCH_EVERY_MS = 60 * 60_000
/** A session ends when nobody used it for so long. */
export const SESSION_DAYS = 60
const SESSION_TOKEN = /^[A-Za-z0-9]{32}$/
const LONGEST_HEADER = 256

/** Finds out who asks, by token. A token that was used lately costs no query; every node hears of revocations. */
export class Authenticator {
  readonly #db: Database
  readonly #log: Logger
  readonly #known = new LRUCache<string, Known>({ max: CACHED_TOKENS, ttl: CACHE_MS })
  #revocations = 0

  constructor(db: Database, log: Logger) {
    this.#db = db
    this.#log = log
  }

  /** Begins to hear of revoked tokens. */
  async watch(bus: Bus): Promise<Disposable> {
    const gap = bus.onGap(() => this.#forget(() => true))
    const events = await bus.subscribe('all', (event) => {
      if (event.type !== TOKEN_REVOKED) return
      const { user_id, session_id } = event.data as TokenRevoked
      this.#forget(({ userId, sessionId }) => userId === user_id && (!session_id || sessionId === session_id))
    })
    return {
      [Symbol.dispose]: () => {
        gap[Symbol.dispose]()
        events[Symbol.dispose]()
      },
    }
  }

  /**
   * The account behind `Bot <token>`, `Bearer <token>` or a token as it is (REST's header and the gateway's field alike);
   * null if the token is unknown, has expired or was taken back.
   */
  async find(header: string): Promise<Actor | null> {
    if (header.length > LONGEST_HEADER) return null
    const [, scheme = '', token = ''] = /^\s*(?:(bot|bearer)\s+)?(\S+)\s*$/i.exec(header) ?? []
    const botId = botIdOf(token)
    // A person's token is no bot's, whatever is written before it.
    if (botId === null && (scheme.toLowerCase() === 'bot' || !SESSION_TOKEN.test(token))) return null
    const key = hashSessionToken(token)
    const known = this.#known.get(key) ?? (await this.#read(key, token, botId))
    if (!known || (known.expiresAtMs !== null && known.expiresAtMs <= Date.now())) return null
    this.#touch(known)
    return known.actor
  }

  async #read(key: string, token: string, botId: string | null): Promise<Known | null> {
    const revocations = this.#revocations
    const known = botId === null ? await this.#readSession(key) : await this.#readBot(botId, token)
    // A revocation heard of while we read may be newer than what was read.
    if (known && this.#revocations === revocations) this.#known.set(key, known)
    return known
  }

  async #readSession(hash: string): Promise<Known | null> {
    const row = await this.#db
      .selectFrom('auth_sessions as s')
      .innerJoin('users as u', 'u.id', 's.user_id')
      .select(['s.id', 's.user_id', 's.expires_at', 's.updated_at'])
      .where('s.token', '=', hash)
      .where('s.expires_at', '>', sql<Date>`now()`)
      .where('u.deleted_at', 'is', null)
      .executeTakeFirst()
    if (!row) return null
    return {
      actor: { userId: row.user_id, kind: 'person', sessionId: row.id },
      expiresAtMs: row.expires_at.getTime(),
      touchedAtMs: row.updated_at.getTime(),
    }
  }

  async #readBot(botId: string, token: string): Promise<Known | null> {
    const row = await this.#db
      .selectFrom('applications as a')
      .innerJoin('users as u', 'u.id', 'a.id')
      .select(['a.token_hash'])
      .where('a.id', '=', botId)
      .where('u.deleted_at', 'is', null)
      .executeTakeFirst()
    const given = hashToken(token)
    if (!row?.token_hash || row.token_hash.length !== given.length || !timingSafeEqual(row.token_hash, given))
      return null
    return {
      actor: { userId: botId, kind: 'application', sessionId: null },
      expiresAtMs: null,
      touchedAtMs: Infinity,
    }
  }

  #forget(matches: (actor: Actor) => boolean): void {
    this.#revocations++
    for (const [key, { actor }] of this.#known.entries()) if (matches(actor)) this.#known.delete(key)
  }

  /** Notes that the session is in use, which prolongs it. Nobody waits for it. */
  #touch(known: Known): void {
    const now = Date.now()
    const { sessionId } = known.actor
    if (sessionId === null || now - known.touchedAtMs < TOUCH_EVERY_MS) return
    known.touchedAtMs = now
    known.expiresAtMs = now + SESSION_DAYS * 86_400_000
    this.#db
      .updateTable('auth_sessions')
      .set({ updated_at: new Date(now), expires_at: new Date(known.expiresAtMs) })
      .where('id', '=', sessionId)
      .execute()
      .catch((err) => this.#log.warn({ err }, 'cannot note that a session is in use'))
  }
}
