import { sql } from 'kysely'
import { FRIEND } from '../accounts/relationships.ts'
import type { App } from '../context.ts'
import { eventId } from '../storage/database.ts'
import { createPayload } from './payload.ts'
import { OFFLINE, PRESENT, presenceToWire, readPresences, type ShownPresence } from './presence-wire.ts'
import type { Session } from './session.ts'

/** Changes are written together after so long. */
const BATCH_MS = 50
const BATCH_ROWS = 2_000
/** A node says so often that it lives, and is taken for dead after the second. */
const HEARTBEAT_MS = 30_000
const DEAD_AFTER_MS = 120_000
/** How long the clients of a node that stops have to come back on another, unseen. */
const RETURN_MS = 20_000

/** Who is online: rows of this node's sessions in the database, and PRESENCE_UPDATE for whoever knows the user. */
export class Presences {
  readonly #app: App
  readonly #changed = new Map<string, Session>()
  readonly #shown = new Map<string, string>()
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  #closed = false
  readonly #heartbeat: NodeJS.Timeout

  constructor(app: App) {
    this.#app = app
    this.#heartbeat = setInterval(() => void this.#refresh(), HEARTBEAT_MS)
    this.#heartbeat.unref()
    // Alone, it knows that whatever stands there is from before.
    if (!app.bus.shared) this.#inTurn(() => app.db.deleteFrom('gateway_sessions').execute())
  }

  /** The session came, changed what it shows, or ended. */
  changed(session: Session): void {
    if (this.#closed) return
    this.#changed.set(session.id, session)
    this.#timer ??= setTimeout(() => this.#writeSoon(), BATCH_MS)
  }

  /** The user came into a guild: its members see that they are there. */
  async showIn(guildId: string, userId: string): Promise<void> {
    const presence = (await readPresences(this.#app.db, [userId])).get(userId)
    if (presence) this.#publish({ guildId }, presenceToWire(userId, presence, guildId))
  }

  /** The user made a friend: this session sees whether they are there. */
  async showTo(session: Session, friendId: string): Promise<void> {
    const friend = await this.#app.users.find(friendId)
    const shown =
      friend?.kind === 'character' ? PRESENT : (await readPresences(this.#app.db, [friendId])).get(friendId)
    if (shown) session.deliver(createPayload('PRESENCE_UPDATE', presenceToWire(friendId, shown)))
  }

  /** Takes this node's sessions away. Where there are other nodes, those whose clients do not come back are swept there. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#heartbeat)
    if (this.#timer) clearTimeout(this.#timer)
    await this.#writing
    const { db, bus, nodeId } = this.#app
    if (!bus.shared) await db.deleteFrom('gateway_sessions').where('node_id', '=', nodeId).execute()
    else {
      const seenAt = new Date(Date.now() - DEAD_AFTER_MS + RETURN_MS)
      await db
        .updateTable('gateway_sessions')
        .set({ seen_at: seenAt })
        .where('node_id', '=', nodeId)
        .execute()
    }
  }

  #writeSoon(): void {
    this.#timer = null
    this.#inTurn(() => this.#write())
  }

  #inTurn(work: () => Promise<unknown>): void {
    this.#writing = this.#writing
      .then(work)
      .then(() => {})
      .catch((err) => this.#app.log.warn({ err }, 'presences could not be written'))
  }

  async #write(): Promise<void> {
    const batch = [...this.#changed.values()].slice(0, BATCH_ROWS)
    for (const session of batch) this.#changed.delete(session.id)
    if (this.#changed.size > 0) this.#timer ??= setTimeout(() => this.#writeSoon(), BATCH_MS)
    if (batch.length === 0) return
    await this.#store(batch)
    await this.#announce([...new Set(batch.map((session) => session.userId))])
  }

  async #store(batch: readonly Session[]): Promise<void> {
    const ended = batch.filter((session) => session.ended).map((session) => session.id)
    if (ended.length > 0) await this.#app.db.deleteFrom('gateway_sessions').where('id', 'in', ended).execute()
    const rows = batch
      .filter((session) => !session.ended)
      .map((session) => ({
        id: session.id,
        node_id: this.#app.nodeId,
        user_id: session.userId,
        status: session.presence.status,
        activities: session.presence.activities,
        client: session.client,
      }))
    if (rows.length === 0) return
    await sql`
      INSERT INTO gateway_sessions (id, node_id, user_id, status, activities, client)
      SELECT id, node_id, user_id, status, activities, client
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS r(id text, node_id text, user_id bigint, status text, activities jsonb, client text)
      ON CONFLICT (id) DO UPDATE SET status = excluded.status, activities = excluded.activities, seen_at = now()`.execute(
      this.#app.db,
    )
  }

  /** Tells guilds and friends of users that are shown otherwise than before. Three queries for all of them. */
  async #announce(userIds: readonly string[]): Promise<void> {
    const shown = await readPresences(this.#app.db, userIds)
    const news = new Map<string, ShownPresence>()
    for (const userId of userIds) {
      const presence = shown.get(userId) ?? OFFLINE
      if (this.#isNews(userId, presence)) news.set(userId, presence)
    }
    if (news.size === 0) return
    const [guilds, friends] = await Promise.all([
      this.#guildsOf([...news.keys()]),
      this.#friendsOf([...news.keys()]),
    ])
    for (const [userId, presence] of news) {
      for (const guildId of guilds.get(userId) ?? []) {
        this.#publish({ guildId }, presenceToWire(userId, presence, guildId))
      }
      const told = friends.get(userId)
      if (told) this.#publish({ userIds: told }, presenceToWire(userId, presence))
    }
  }

  #isNews(userId: string, presence: ShownPresence): boolean {
    const text = JSON.stringify(presence)
    if ((this.#shown.get(userId) ?? JSON.stringify(OFFLINE)) === text) return false
    if (presence === OFFLINE) this.#shown.delete(userId)
    else this.#shown.set(userId, text)
    return true
  }

  #publish(audience: { guildId: string } | { userIds: string[] }, data: object): void {
    this.#app.bus.publish({ id: eventId(), type: 'PRESENCE_UPDATE', audience, data })
  }

  async #guildsOf(userIds: readonly string[]): Promise<Map<string, string[]>> {
    const query = this.#app.db
      .selectFrom('members')
      .select(['user_id', 'guild_id'])
      .where('user_id', 'in', userIds)
    return grouped((await query.execute()).map((row) => [row.user_id, row.guild_id]))
  }

  async #friendsOf(userIds: readonly string[]): Promise<Map<string, string[]>> {
    const query = this.#app.db
      .selectFrom('relationships')
      .select(['user_id', 'target_id'])
      .where('user_id', 'in', userIds)
      .where('type', '=', FRIEND)
    return grouped((await query.execute()).map((row) => [row.user_id, row.target_id]))
  }

  async #refresh(): Promise<void> {
    try {
      await this.#app.db
        .updateTable('gateway_sessions')
        .set({ seen_at: sql<Date>`now()` })
        .where('node_id', '=', this.#app.nodeId)
        .execute()
      const gone = await this.#app.db
        .deleteFrom('gateway_sessions')
        .where('seen_at', '<', new Date(Date.now() - DEAD_AFTER_MS))
        .returning('user_id')
        .execute()
      for (const { user_id } of gone) if (!this.#shown.has(user_id)) this.#shown.set(user_id, '')
      if (gone.length > 0) await this.#announce([...new Set(gone.map((row) => row.user_id))])
    } catch (err) {
      this.#app.log.warn({ err }, 'this node could not say that it lives')
    }
  }
}

function grouped(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [key, value] of pairs) {
    const group = groups.get(key)
    if (group) group.push(value)
    else groups.set(key, [value])
  }
  return groups
}
