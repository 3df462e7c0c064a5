import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import type { Selectable } from 'kysely'
import type { App } from '../context.ts'
import type { Queryable } from '../storage/database.ts'
import type { Messages } from '../storage/schema.ts'
import { listReactions } from './reactions.ts'
import { type MessageReference, type MessageRow, messageToWire, type WireMessage } from './wire.ts'

/** A message's row; null if the channel has no such message. */
export async function findRow(
  db: Queryable,
  channelId: string,
  messageId: string,
): Promise<Selectable<Messages> | null> {
  const row = await db
    .selectFrom('messages')
    .selectAll()
    .where('channel_id', '=', channelId)
    .where('id', '=', messageId)
    .executeTakeFirst()
  return row ?? null
}

export async function getRow(
  db: Queryable,
  channelId: string,
  messageId: string,
): Promise<Selectable<Messages>> {
  const row = await findRow(db, channelId, messageId)
  if (!row) throw new ApiError('UnknownMessage')
  return row
}

export interface HistoryPage {
  before?: string | undefined
  after?: string | undefined
  around?: string | undefined
  limit: number
}

/** A page of a channel's messages, the newest first, as `viewerId` sees them. At most five queries for any page. */
export async function listMessages(
  app: App,
  viewerId: string,
  channelId: string,
  page: HistoryPage,
): Promise<WireMessage[]> {
  const limit = Math.min(page.limit, LIMITS.historyPage)
  const rows = page.around
    ? await readAround(app.db, channelId, page.around, limit)
    : await readPage(app.db, channelId, page, limit)
  return toWire(app, viewerId, rows)
}

/** Builds message objects for rows of one channel: authors, replied messages and reactions in one query each. */
export async function toWire(
  app: App,
  viewerId: string,
  rows: readonly MessageRow[],
  db: Queryable = app.db,
): Promise<WireMessage[]> {
  const channelId = rows[0]?.channel_id
  if (channelId === undefined) return []
  const repliedIds = rows.flatMap((row) =>
    row.reference ? [(row.reference as unknown as MessageReference).message_id] : [],
  )
  const referenced = new Map<string, MessageRow>()
  if (repliedIds.length > 0) {
    const found = await db
      .selectFrom('messages')
      .selectAll()
      .where('channel_id', '=', channelId)
      .where('id', 'in', repliedIds)
      .execute()
    for (const row of found) referenced.set(row.id, row)
  }
  const named = [...rows, ...referenced.values()].flatMap((row) => [row.author_id, ...row.mentions])
  const users = await app.users.findMany(named, db)
  const reactions = await listReactions(
    db,
    viewerId,
    channelId,
    rows.map((row) => row.id),
  )
  return rows.map((row) => messageToWire(app, row, { users, referenced, reactions }))
}

/** One message as `viewerId` sees it. */
export async function getMessage(
  app: App,
  viewerId: string,
  channelId: string,
  messageId: string,
): Promise<WireMessage> {
  const [message] = await toWire(app, viewerId, [await getRow(app.db, channelId, messageId)])
  if (!message) throw new ApiError('UnknownMessage')
  return message
}

async function readPage(
  db: Queryable,
  channelId: string,
  page: HistoryPage,
  limit: number,
): Promise<MessageRow[]> {
  const base = db.selectFrom('messages').selectAll().where('channel_id', '=', channelId).limit(limit)
  if (page.after !== undefined) {
    return (await base.where('id', '>', page.after).orderBy('id', 'asc').execute()).reverse()
  }
  const before = page.before
  return (before === undefined ? base : base.where('id', '<', before)).orderBy('id', 'desc').execute()
}

async function readAround(
  db: Queryable,
  channelId: string,
  around: string,
  limit: number,
): Promise<MessageRow[]> {
  const older = Math.ceil(limit / 2)
  const from = await db
    .selectFrom('messages')
    .selectAll()
    .where('channel_id', '=', channelId)
    .where('id', '<=', around)
    .orderBy('id', 'desc')
    .limit(older)
    .execute()
  const to = await readPage(db, channelId, { after: around, limit }, limit - older)
  return [...to, ...from]
}
