import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { sql } from 'kysely'
import { userToWire, type WireUser } from '../accounts/wire.ts'
import type { Actor, App } from '../context.ts'
import { getAccess, requirePermission } from '../guilds/access.ts'
import { memberToWire } from '../guilds/wire.ts'
import type { Queryable } from '../storage/database.ts'
import { channelAudience, guildIdOf, versionOf } from './audience.ts'
import { getRow } from './read.ts'
import type { WireReaction } from './wire.ts'

/** One emoji of Unicode's list of those recommended for interchange. */
const EMOJI = /^\p{RGI_Emoji}$/v

/** The emoji of a path segment, as it is stored. Throws UnknownEmoji. */
export function parseEmoji(segment: string): string {
  const emoji = segment.normalize('NFC')
  if (!EMOJI.test(emoji) && !EMOJI.test(`${emoji}\uFE0F`)) throw new ApiError('UnknownEmoji')
  return emoji
}

/** Adds the actor's reaction; a second time is no error. Others' emoji may be joined without ADD_REACTIONS. */
export async function addReaction(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  emoji: string,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'ReadMessageHistory')
  const user = await app.users.get(actor.userId)
  await app.db.transact(async (tx) => {
    const message = await getRow(tx, channelId, messageId)
    const present = await tx
      .selectFrom('reactions')
      .select('emoji')
      .distinct()
      .where('channel_id', '=', channelId)
      .where('message_id', '=', messageId)
      .execute()
    if (!present.some((row) => row.emoji === emoji)) {
      requirePermission(access, 'AddReactions')
      if (present.length >= LIMITS.reactionsPerMessage) throw new ApiError('TooManyReactions')
    }
    const added = await tx
      .insertInto('reactions')
      .values({ channel_id: channelId, message_id: messageId, emoji, user_id: actor.userId })
      .onConflict((conflict) => conflict.doNothing())
      .returning('user_id')
      .executeTakeFirst()
    if (!added) return
    tx.emit({
      type: 'MESSAGE_REACTION_ADD',
      audience: channelAudience(access),
      ...versionOf(access),
      data: {
        ...reactionData(actor.userId, channelId, messageId, emoji),
        ...guildIdOf(access),
        message_author_id: message.author_id,
        ...(access.kind === 'guild' && { member: memberToWire(access.member, user) }),
      },
    })
  })
}

/** Takes away a reaction: one's own, or anybody's with MANAGE_MESSAGES. */
export async function removeReaction(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  emoji: string,
  userId: string,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  if (userId !== actor.userId) requirePermission(access, 'ManageMessages')
  await app.db.transact(async (tx) => {
    await getRow(tx, channelId, messageId)
    const gone = await tx
      .deleteFrom('reactions')
      .where('channel_id', '=', channelId)
      .where('message_id', '=', messageId)
      .where('emoji', '=', emoji)
      .where('user_id', '=', userId)
      .returning('user_id')
      .executeTakeFirst()
    if (!gone) return
    const data = { ...reactionData(userId, channelId, messageId, emoji), ...guildIdOf(access) }
    tx.emit({
      type: 'MESSAGE_REACTION_REMOVE',
      audience: channelAudience(access),
      ...versionOf(access),
      data,
    })
  })
}

/** Takes away all reactions, or all of one emoji. */
export async function clearReactions(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  emoji: string | null,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'ManageMessages')
  await app.db.transact(async (tx) => {
    await getRow(tx, channelId, messageId)
    let query = tx
      .deleteFrom('reactions')
      .where('channel_id', '=', channelId)
      .where('message_id', '=', messageId)
    if (emoji !== null) query = query.where('emoji', '=', emoji)
    const { numDeletedRows } = await query.executeTakeFirst()
    if (numDeletedRows === 0n) return
    tx.emit({
      type: emoji === null ? 'MESSAGE_REACTION_REMOVE_ALL' : 'MESSAGE_REACTION_REMOVE_EMOJI',
      audience: channelAudience(access),
      ...versionOf(access),
      data: {
        channel_id: channelId,
        message_id: messageId,
        ...guildIdOf(access),
        ...(emoji !== null && { emoji: { id: null, name: emoji } }),
      },
    })
  })
}

/** Who reacted with the emoji, by id. */
export async function listReactors(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  emoji: string,
  page: { after?: string | undefined; limit: number },
): Promise<WireUser[]> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'ReadMessageHistory')
  await getRow(app.db, channelId, messageId)
  const rows = await app.db
    .selectFrom('reactions')
    .select('user_id')
    .where('channel_id', '=', channelId)
    .where('message_id', '=', messageId)
    .where('emoji', '=', emoji)
    .where('user_id', '>', page.after ?? '0')
    .orderBy('user_id')
    .limit(page.limit)
    .execute()
  const users = await app.users.findMany(rows.map((row) => row.user_id))
  return rows.flatMap((row) => users.get(row.user_id) ?? []).map(userToWire)
}

/** Reactions of a page of messages, in the order in which they were first given. */
export async function listReactions(
  db: Queryable,
  viewerId: string,
  channelId: string,
  messageIds: readonly string[],
): Promise<Map<string, WireReaction[]>> {
  const byMessage = new Map<string, WireReaction[]>()
  if (messageIds.length === 0) return byMessage
  const rows = await db
    .selectFrom('reactions')
    .select(['message_id', 'emoji'])
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .select(sql<boolean>`bool_or(user_id = ${viewerId || '0'})`.as('me'))
    .where('channel_id', '=', channelId)
    .where('message_id', 'in', messageIds)
    .groupBy(['message_id', 'emoji'])
    .orderBy((eb) => eb.fn.min('created_at'))
    .execute()
  for (const row of rows) {
    const list = byMessage.get(row.message_id) ?? []
    list.push(reactionToWire(row.emoji, Number(row.count), row.me))
    byMessage.set(row.message_id, list)
  }
  return byMessage
}

function reactionToWire(emoji: string, count: number, me: boolean): WireReaction {
  return {
    count,
    count_details: { burst: 0, normal: count },
    me,
    me_burst: false,
    burst_me: false,
    burst_count: 0,
    burst_colors: [],
    emoji: { id: null, name: emoji },
  }
}

function reactionData(userId: string, channelId: string, messageId: string, emoji: string) {
  return {
    user_id: userId,
    channel_id: channelId,
    message_id: messageId,
    emoji: { id: null, name: emoji },
    burst: false,
    type: 0,
  }
}
