import { ApiError } from '@convive/protocol/errors'
import { compareSnowflakes } from '@convive/protocol/snowflakes'
import { type Selectable, sql } from 'kysely'
import { FRIEND, isBlockedBetween } from '../accounts/relationships.ts'
import { type UserState, userState } from '../accounts/users.ts'
import { userToWire, type WireUser } from '../accounts/wire.ts'
import type { Actor, App } from '../context.ts'
import type { Queryable, Tx } from '../storage/database.ts'
import type { Channels } from '../storage/schema.ts'
import { DM, GROUP_DM } from './wire.ts'

/** A DM (type 1) or group DM (type 3) with everybody in it. */
export interface PrivateChannelState {
  id: string
  type: number
  name: string | null
  icon: string | null
  ownerId: string | null
  flags: number
  lastMessageId: string | null
  lastPinAt: Date | null
  recipientIds: readonly string[]
}

/** As one of its recipients sees it: `recipients` are the others. */
export interface WirePrivateChannel {
  id: string
  type: number
  flags: number
  last_message_id: string | null
  last_pin_timestamp: string | null
  recipients: WireUser[]
  name?: string | null
  icon?: string | null
  owner_id?: string | null
  managed?: false
}

/** Job when somebody opens a DM with a character for the first time; its payload is `{ channelId, characterId, userId }`. */
export const CHARACTER_MET_JOB = 'character.met'

/** The newest conversations that one is told of at once. */
const LISTED_CHANNELS = 1_000

export function privateChannelToWire(
  channel: PrivateChannelState,
  users: ReadonlyMap<string, UserState>,
  forUserId: string,
): WirePrivateChannel {
  const recipients = channel.recipientIds.flatMap((id) => {
    const user = id === forUserId ? undefined : users.get(id)
    return user ? [userToWire(user)] : []
  })
  return {
    id: channel.id,
    type: channel.type,
    flags: channel.flags,
    last_message_id: channel.lastMessageId,
    last_pin_timestamp: channel.lastPinAt?.toISOString() ?? null,
    recipients,
    ...(channel.type === GROUP_DM && {
      name: channel.name,
      icon: channel.icon,
      owner_id: channel.ownerId,
      managed: false as const,
    }),
  }
}

/** The conversations that stand in the user's list, the newest first. Three queries, however many. */
export async function listPrivateChannels(app: App, userId: string): Promise<WirePrivateChannel[]> {
  const rows = await app.db
    .selectFrom('channel_recipients as own')
    .innerJoin('channels', 'channels.id', 'own.channel_id')
    .selectAll('channels')
    .where('own.user_id', '=', userId)
    .where('own.closed', '=', false)
    .orderBy((eb) => eb.fn.coalesce('channels.last_message_id', 'channels.id'), 'desc')
    .limit(LISTED_CHANNELS)
    .execute()
  const channels = await withRecipients(app.db, rows)
  const users = await app.users.findMany(channels.flatMap((channel) => channel.recipientIds))
  return channels.map((channel) => privateChannelToWire(channel, users, userId))
}

/** One of them, open or closed, for somebody in it. Throws UnknownChannel. */
export async function getPrivateChannel(
  app: App,
  userId: string,
  channelId: string,
): Promise<WirePrivateChannel> {
  const channel = await readPrivateChannel(app.db, channelId)
  if (!channel.recipientIds.includes(userId)) throw new ApiError('UnknownChannel')
  return privateChannelToWire(channel, await app.users.findMany(channel.recipientIds), userId)
}

/**
 * The one DM of the actor and another account: found, or made, and shown in the actor's list. The other side sees it
 * with the first message. Throws UnknownUser; CannotMessageUser where either has blocked the other, where two have
 * neither friendship nor guild in common, and for a character that the actor cannot reach.
 */
export async function openDm(app: App, actor: Actor, userId: string): Promise<WirePrivateChannel> {
  const other = await app.users.find(userId)
  if (!other || other.deleted) throw new ApiError('UnknownUser')
  if (userId === actor.userId) throw new ApiError('CannotMessageUser')
  if (await isBlockedBetween(app.db, actor.userId, userId)) throw new ApiError('CannotMessageUser')
  const key = [actor.userId, userId].sort(compareSnowflakes).join(':')
  const known = await app.db.selectFrom('channels').select('id').where('dm_key', '=', key).executeTakeFirst()
  // What was said before can be read again, even by two who have drifted apart.
  if (!known) await requireMayOpen(app, actor, other)
  return app.db.transact(async (tx) => {
    const { channelId, shown, made } = await findOrMakeDm(tx, actor.userId, userId, key)
    if (made && other.kind === 'character') {
      tx.enqueue({
        name: CHARACTER_MET_JOB,
        payload: { channelId, characterId: userId, userId: actor.userId },
      })
    }
    const channel = await readPrivateChannel(tx, channelId)
    const users = await readUsers(tx, channel.recipientIds)
    if (shown) emitPrivateChannel(tx, 'CHANNEL_CREATE', channel, users, [actor.userId])
    return privateChannelToWire(channel, users, actor.userId)
  })
}

async function findOrMakeDm(
  tx: Tx,
  userId: string,
  otherId: string,
  key: string,
): Promise<{ channelId: string; shown: boolean; made: boolean }> {
  const made = await tx
    .insertInto('channels')
    .values({ type: DM, dm_key: key })
    .onConflict((conflict) => conflict.column('dm_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (made) {
    await tx
      .insertInto('channel_recipients')
      .values([
        { channel_id: made.id, user_id: userId, closed: false },
        { channel_id: made.id, user_id: otherId, closed: true },
      ])
      .execute()
    return { channelId: made.id, shown: true, made: true }
  }
  const { id } = await tx
    .selectFrom('channels')
    .select('id')
    .where('dm_key', '=', key)
    .executeTakeFirstOrThrow()
  const reopened = await tx
    .updateTable('channel_recipients')
    .set({ closed: false })
    .where('channel_id', '=', id)
    .where('user_id', '=', userId)
    .where('closed', '=', true)
    .returning('user_id')
    .execute()
  return { channelId: id, shown: reopened.length > 0, made: false }
}

async function requireMayOpen(app: App, actor: Actor, other: UserState): Promise<void> {
  if (other.kind === 'application') {
    if (actor.kind !== 'person') throw new ApiError('CannotMessageUser')
    return
  }
  const bonds = await readBonds(app.db, actor.userId, other.id)
  const reachable =
    other.kind === 'character' ? bonds.reachable || bonds.shared : bonds.friends || bonds.shared
  if (!reachable) throw new ApiError('CannotMessageUser')
}

/** What two accounts have to do with each other. */
export interface Bonds {
  friends: boolean
  /** They have a guild in common. */
  shared: boolean
  /** `otherId` is a character that the first made, or that is not private. */
  reachable: boolean
}

export async function readBonds(db: Queryable, userId: string, otherId: string): Promise<Bonds> {
  const found = await sql<Bonds>`SELECT
    EXISTS (SELECT 1 FROM relationships
      WHERE user_id = ${userId} AND target_id = ${otherId} AND type = ${FRIEND}) AS friends,
    EXISTS (SELECT 1 FROM members a JOIN members b ON b.guild_id = a.guild_id AND b.user_id = ${otherId}
      WHERE a.user_id = ${userId}) AS shared,
    EXISTS (SELECT 1 FROM characters
      WHERE id = ${otherId} AND (visibility <> 'private' OR owner_id = ${userId})) AS reachable`.execute(db)
  return found.rows[0] ?? { friends: false, shared: false, reachable: false }
}

/**
 * A message is about to be written: whoever does not see the channel in the list sees it from now on, and is told by
 * CHANNEL_CREATE. Returns who.
 */
export async function reopenClosedRecipients(tx: Tx, channelId: string): Promise<string[]> {
  const rows = await tx
    .updateTable('channel_recipients')
    .set({ closed: false })
    .where('channel_id', '=', channelId)
    .where('closed', '=', true)
    .returning('user_id')
    .execute()
  if (rows.length === 0) return []
  const userIds = rows.map((row) => row.user_id)
  const channel = await readPrivateChannel(tx, channelId)
  emitPrivateChannel(tx, 'CHANNEL_CREATE', channel, await readUsers(tx, channel.recipientIds), userIds)
  return userIds
}

/** Takes a DM out of the actor's list; nothing is lost, and the next message brings it back. */
export async function closeDm(app: App, actor: Actor, channelId: string): Promise<WirePrivateChannel> {
  return app.db.transact(async (tx) => {
    const channel = await readPrivateChannel(tx, channelId)
    const closed = await tx
      .updateTable('channel_recipients')
      .set({ closed: true })
      .where('channel_id', '=', channelId)
      .where('user_id', '=', actor.userId)
      .where('closed', '=', false)
      .returning('user_id')
      .executeTakeFirst()
    const users = await readUsers(tx, channel.recipientIds)
    if (closed) emitPrivateChannel(tx, 'CHANNEL_DELETE', channel, users, [actor.userId])
    return privateChannelToWire(channel, users, actor.userId)
  })
}

/** Tells each of the users of the channel, as each sees it. */
export function emitPrivateChannel(
  tx: Tx,
  type: 'CHANNEL_CREATE' | 'CHANNEL_UPDATE' | 'CHANNEL_DELETE',
  channel: PrivateChannelState,
  users: ReadonlyMap<string, UserState>,
  userIds: readonly string[],
): void {
  for (const userId of userIds)
    tx.emit({ type, audience: { userIds: [userId] }, data: privateChannelToWire(channel, users, userId) })
}

/** A DM or group DM as it is in the database. Throws UnknownChannel. */
export async function readPrivateChannel(db: Queryable, channelId: string): Promise<PrivateChannelState> {
  const row = await db
    .selectFrom('channels')
    .selectAll()
    .where('id', '=', channelId)
    .where('guild_id', 'is', null)
    .executeTakeFirst()
  const [channel] = row ? await withRecipients(db, [row]) : []
  if (!channel) throw new ApiError('UnknownChannel')
  return channel
}

async function withRecipients(
  db: Queryable,
  rows: readonly Selectable<Channels>[],
): Promise<PrivateChannelState[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const recipients = await db
    .selectFrom('channel_recipients')
    .select(['channel_id', 'user_id'])
    .where('channel_id', 'in', ids)
    .orderBy('user_id')
    .execute()
  const byChannel = Map.groupBy(recipients, (recipient) => recipient.channel_id)
  return rows.map((row) => ({
    id: row.id,
    type: row.type,
    name: row.name,
    icon: row.icon,
    ownerId: row.owner_id,
    flags: row.flags,
    lastMessageId: row.last_message_id,
    lastPinAt: row.last_pin_at,
    recipientIds: (byChannel.get(row.id) ?? []).map((recipient) => recipient.user_id),
  }))
}

/** Accounts by id within a transaction, where the cache's own connection may not be waited for. */
export async function readUsers(tx: Tx, ids: readonly string[]): Promise<Map<string, UserState>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.selectFrom('users').selectAll().where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, userState(row)]))
}
