import { ApiError } from '@convive/protocol/errors'
import type { MessageExtras } from '@convive/protocol/events'
import { hasPermission } from '@convive/protocol/permissions'
import type { Selectable } from 'kysely'
import type { Actor, App } from '../context.ts'
import { type Access, getAccess, requirePermission } from '../guilds/access.ts'
import { REPLY_JOB } from '../messages/casting.ts'
import { changeMessage, extrasOf } from '../messages/edit.ts'
import { getRow } from '../messages/read.ts'
import type { MessageRow, WireMessage } from '../messages/wire.ts'
import type { Queryable, Tx } from '../storage/database.ts'
import type { Messages } from '../storage/schema.ts'
import { noticeText } from './notices.ts'
import type { Written } from './reply.ts'
import type { Turn } from './turns.ts'

/** Answers kept for one message. */
const MOST_ALTERNATIVES = 20

/**
 * Asks for another answer in the same message, or for a first one after a notice. Only a character's last message in
 * the room can be written anew: what came later was said in answer to it.
 */
export async function regenerate(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'SendMessages')
  await app.db.transact(async (tx) => {
    const row = await getRow(tx, channelId, messageId)
    const trigger = await requireLastAnswer(tx, row)
    await requireMayDirect(tx, access, actor, row, trigger?.author_id ?? null)
    const { count = 1 } = extrasOf(row).alternatives ?? {}
    if (count >= MOST_ALTERNATIVES)
      throw new ApiError('NotACharactersMessage', { message: 'This message has all the answers it can hold' })
    const busy = await tx
      .selectFrom('character_turns')
      .select('id')
      .where('message_id', '=', messageId)
      .where('state', 'in', ['waiting', 'writing'])
      .executeTakeFirst()
    if (busy) return
    const turn = await tx
      .insertInto('character_turns')
      .values({
        channel_id: channelId,
        character_id: row.author_id,
        trigger_id: trigger?.id ?? messageId,
        message_id: messageId,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    tx.enqueue({ name: REPLY_JOB, payload: { turnId: turn.id }, maxAttempts: 3 })
  })
}

/** Shows another of a message's answers; all stay. */
export async function showAlternative(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  index: number,
): Promise<WireMessage> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'SendMessages')
  const row = await getRow(app.db, channelId, messageId)
  await requireMayDirect(app.db, access, actor, row, (await findTrigger(app.db, row))?.author_id ?? null)
  const chosen = await app.db
    .selectFrom('message_alternatives')
    .selectAll()
    .where('channel_id', '=', channelId)
    .where('message_id', '=', messageId)
    .where('index', '=', index)
    .executeTakeFirst()
  const count = extrasOf(row).alternatives?.count
  if (!chosen || count === undefined) throw new ApiError('UnknownAlternative')
  const extras: MessageExtras = {
    ...(chosen.convive as unknown as MessageExtras),
    alternatives: { index, count },
  }
  return changeMessage(app, access, messageId, { content: chosen.content, convive: JSON.stringify(extras) })
}

/** Keeps what a regeneration wrote as the newest answer, and shows it. A failure only renews a notice. */
export async function addAlternative(app: App, turn: Turn, written: Written): Promise<void> {
  const messageId = turn.message_id
  if (messageId === null) return
  const actor: Actor = { userId: turn.character_id, kind: 'character', sessionId: null }
  const access = await getAccess(app, actor, turn.channel_id)
  const row = await getRow(app.db, turn.channel_id, messageId)
  const before = extrasOf(row)
  if (written.outcome === 'failed') {
    if (!before.notice) return
    const content = await noticeText(app, turn, written.extras)
    await changeMessage(app, access, messageId, { content, convive: JSON.stringify(written.extras) })
    return
  }
  if (before.notice) {
    await changeMessage(app, access, messageId, {
      content: written.text,
      convive: JSON.stringify(written.extras),
    })
    return
  }
  const count = (before.alternatives?.count ?? 1) + 1
  const extras: MessageExtras = { ...written.extras, alternatives: { index: count - 1, count } }
  await changeMessage(
    app,
    access,
    messageId,
    { content: written.text, convive: JSON.stringify(extras) },
    async (tx) => {
      if (!before.alternatives) await keep(tx, row, 0, row.content, before)
      await keep(tx, row, count - 1, written.text, written.extras)
    },
  )
}

async function keep(
  tx: Tx,
  row: MessageRow,
  index: number,
  content: string,
  extras: MessageExtras,
): Promise<void> {
  await tx
    .insertInto('message_alternatives')
    .values({
      channel_id: row.channel_id,
      message_id: row.id,
      index,
      content,
      convive: JSON.stringify(extras),
    })
    .execute()
}

/** The message that was answered. Throws unless the row is a character's and its last in the room. */
async function requireLastAnswer(
  tx: Tx,
  row: Selectable<Messages>,
): Promise<{ id: string; author_id: string } | null> {
  const character = await tx
    .selectFrom('characters')
    .select('id')
    .where('id', '=', row.author_id)
    .executeTakeFirst()
  if (!character) throw new ApiError('NotACharactersMessage')
  const last = await tx
    .selectFrom('messages')
    .select('id')
    .where('channel_id', '=', row.channel_id)
    .where('author_id', '=', row.author_id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (last?.id !== row.id)
    throw new ApiError('NotACharactersMessage', { message: 'Only the last answer can be regenerated' })
  return findTrigger(tx, row)
}

/** What the character answered: its turn's id is the nonce of the message that it sent. */
async function findTrigger(
  db: Queryable,
  row: Selectable<Messages>,
): Promise<{ id: string; author_id: string } | null> {
  if (row.nonce === null || !/^\d{1,19}$/.test(row.nonce)) return null
  const trigger = await db
    .selectFrom('character_turns as turn')
    .innerJoin('messages', (join) =>
      join.onRef('messages.channel_id', '=', 'turn.channel_id').onRef('messages.id', '=', 'turn.trigger_id'),
    )
    .select(['messages.id', 'messages.author_id'])
    .where('turn.id', '=', row.nonce)
    .executeTakeFirst()
  return trigger ?? null
}

/** Whoever was answered, the character's owner, or a moderator; in DMs anybody in it. */
async function requireMayDirect(
  db: Queryable,
  access: Access,
  actor: Actor,
  row: MessageRow,
  askedBy: string | null,
): Promise<void> {
  if (
    access.kind === 'private' ||
    askedBy === actor.userId ||
    hasPermission(access.permissions, 'ManageMessages')
  )
    return
  const character = await db
    .selectFrom('characters')
    .select('owner_id')
    .where('id', '=', row.author_id)
    .executeTakeFirst()
  if (character?.owner_id !== actor.userId) throw new ApiError('MissingPermissions')
}
