import { ApiError } from '@convive/protocol/errors'
import type { Selectable } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Bus } from '../bus/bus.ts'
import type { Database, Queryable, Tx } from '../storage/database.ts'
import type { Users as UsersTable } from '../storage/schema.ts'

export type UserKind = 'person' | 'character' | 'application'

/** An account as the whole server knows it: a person, a character or an application's bot. */
export interface UserState {
  id: string
  kind: UserKind
  username: string
  globalName: string | null
  avatar: string | null
  banner: string | null
  accentColor: number | null
  bio: string
  flags: number
  locale: string
  isInstanceOwner: boolean
  deleted: boolean
}

const CACHED_USERS = 50_000
/** Node-to-node: this account changed. */
const USER_CHANGED = 'user.changed'

/** Accounts by id, kept in memory; every node hears when one changes. */
export class Users {
  readonly #db: Database
  readonly #cache = new LRUCache<string, UserState>({ max: CACHED_USERS })
  #changes = 0

  constructor(db: Database) {
    this.#db = db
  }

  /** Begins to hear of changes. */
  async watch(bus: Bus): Promise<Disposable> {
    bus.onGap(() => this.#cache.clear())
    return bus.subscribe('all', (event) => {
      if (event.type !== USER_CHANGED) return
      this.#changes++
      this.#cache.delete((event.data as { id: string }).id)
    })
  }

  async find(id: string): Promise<UserState | null> {
    return this.#cache.get(id) ?? (await this.findMany([id])).get(id) ?? null
  }

  async get(id: string): Promise<UserState> {
    const user = await this.find(id)
    if (!user) throw new ApiError('UnknownUser')
    return user
  }

  /** Those of the ids that exist, in at most one query; within a transaction, on its connection. */
  async findMany(ids: Iterable<string>, db: Queryable = this.#db): Promise<Map<string, UserState>> {
    const found = new Map<string, UserState>()
    const missing = new Set<string>()
    for (const id of ids) {
      const user = this.#cache.get(id)
      if (user) found.set(id, user)
      else missing.add(id)
    }
    if (missing.size === 0) return found
    const changes = this.#changes
    const rows = await db
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', [...missing])
      .execute()
    for (const row of rows) {
      const user = userState(row)
      // A change heard of while we read may be newer than what was read; what a transaction sees may never be.
      if (this.#changes === changes && db === this.#db) this.#cache.set(user.id, user)
      found.set(user.id, user)
    }
    return found
  }
}

/** Tells all nodes, after the commit, that the account changed. */
export function emitUserChanged(tx: Tx, id: string): void {
  tx.emit({ type: USER_CHANGED, audience: { everyone: true }, data: { id } })
}

export async function readUser(db: Queryable, id: string): Promise<UserState | null> {
  const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? userState(row) : null
}

export function userState(row: Selectable<UsersTable>): UserState {
  return {
    id: row.id,
    kind: row.kind as UserKind,
    username: row.username,
    globalName: row.global_name,
    avatar: row.avatar,
    banner: row.banner,
    accentColor: row.accent_color,
    bio: row.bio,
    flags: row.flags,
    locale: row.locale,
    isInstanceOwner: row.is_instance_owner,
    deleted: row.deleted_at !== null,
  }
}
