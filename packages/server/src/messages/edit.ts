import { ApiError, invalid } from '@convive/protocol/errors'
import type { MessageExtras } from '@convive/protocol/events'
import { LIMITS } from '@convive/protocol/limits'
import { hasPermission } from '@convive/protocol/permissions'
import { snowflakeAt } from '@convive/protocol/snowflakes'
import type { Actor, App } from '../context.ts'
import { type Access, getAccess, requirePermission } from '../guilds/access.ts'
import { attachmentKey } from '../storage/attachment-urls.ts'
import type { Tx } from '../storage/database.ts'
import { DELETE_FILES_JOB } from './attachments.ts'
import { channelAudience, guildIdOf, versionOf } from './audience.ts'
import { parseMentions } from './mentions.ts'
import { getMessage, getRow, toWire } from './read.ts'
import type { MessageRow, StoredAttachment, WireMessage } from './wire.ts'

export interface EditMessage {
  content?: string | undefined
  embeds?: readonly unknown[] | undefined
  components?: readonly unknown[] | undefined
  flags?: number | undefined
  /** Ids of the attachments to keep; absent: all. */
  keepAttachments?: readonly string[] | undefined
}

const SUPPRESS_EMBEDS = 1 << 2
/** Messages older than this are not deleted in bulk: Discord's own rule. */
const BULK_DELETE_AGE_MS = 14 * 24 * 60 * 60 * 1000

/** Edits the actor's own message. Others may only suppress embeds, with MANAGE_MESSAGES. Mentions of an edit call nobody. */
export async function editMessage(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  edit: EditMessage,
): Promise<WireMessage> {
  const access = await getAccess(app, actor, channelId)
  const row = await getRow(app.db, channelId, messageId)
  if (row.author_id !== actor.userId) {
    const onlyFlags = edit.content === undefined && !edit.embeds && !edit.components && !edit.keepAttachments
    if (!onlyFlags || !hasPermission(access.permissions, 'ManageMessages'))
      throw new ApiError('CannotEditOthersMessage')
  }
  if ((edit.content?.length ?? 0) > LIMITS.messageContentChars) {
    throw invalid(
      'content',
      'BASE_TYPE_MAX_LENGTH',
      `Must be ${LIMITS.messageContentChars} or fewer in length.`,
    )
  }
  const attachments = keptAttachments(row, edit.keepAttachments)
  const content = edit.content ?? row.content
  const embeds = edit.embeds ?? (row.embeds as unknown[])
  if (content.trim() === '' && attachments.length === 0 && embeds.length === 0)
    throw new ApiError('EmptyMessage')
  const mentioned = edit.content === undefined ? row.mentions : parseMentions(content).userIds
  const known = await app.users.findMany(mentioned)
  const visible = edit.content !== undefined || edit.embeds !== undefined || edit.components !== undefined
  return changeMessage(app, access, messageId, {
    content,
    embeds: JSON.stringify(embeds),
    components: JSON.stringify(edit.components ?? row.components),
    attachments: JSON.stringify(attachments),
    mentions: mentioned.filter((id) => known.has(id)),
    flags:
      edit.flags === undefined ? row.flags : (row.flags & ~SUPPRESS_EMBEDS) | (edit.flags & SUPPRESS_EMBEDS),
    ...(visible && { edited_at: new Date(app.now()) }),
  })
}

/** Writes new values into a message and tells everybody: for edits, pins, and a character's alternatives. */
export async function changeMessage(
  app: App,
  access: Access,
  messageId: string,
  values: Record<string, unknown>,
  within?: (tx: Tx) => Promise<void>,
): Promise<WireMessage> {
  return app.db.transact(async (tx) => {
    const row = await tx
      .updateTable('messages')
      .set(values)
      .where('channel_id', '=', access.channelId)
      .where('id', '=', messageId)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw new ApiError('UnknownMessage')
    await within?.(tx)
    const [wire] = await toWire(app, '', [row], tx)
    if (!wire) throw new ApiError('UnknownMessage')
    const data = { ...wire, ...guildIdOf(access), channel_type: access.channel.type }
    tx.emit({ type: 'MESSAGE_UPDATE', audience: channelAudience(access), ...versionOf(access), data })
    return wire
  })
}

/** Deletes a message: one's own, or anybody's with MANAGE_MESSAGES. */
export async function deleteMessage(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  await app.db.transact(async (tx) => {
    const row = await getRow(tx, channelId, messageId)
    if (row.author_id !== actor.userId) {
      if (access.kind === 'private') throw new ApiError('MissingPermissions')
      requirePermission(access, 'ManageMessages')
    }
    await deleteRows(tx, channelId, [row])
    const data = { id: messageId, channel_id: channelId, ...guildIdOf(access) }
    tx.emit({ type: 'MESSAGE_DELETE', audience: channelAudience(access), ...versionOf(access), data })
  })
}

/** Deletes 2 to 100 messages of the last 14 days at once. Ids that are gone already are passed over. */
export async function bulkDelete(
  app: App,
  actor: Actor,
  channelId: string,
  ids: readonly string[],
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  if (access.kind === 'private') throw new ApiError('CannotExecuteOnDm')
  requirePermission(access, 'ManageMessages')
  const wanted = [...new Set(ids)]
  if (wanted.length < 2 || wanted.length > LIMITS.historyPage) throw new ApiError('BulkDeleteCount')
  const oldest = BigInt(snowflakeAt(app.now() - BULK_DELETE_AGE_MS))
  if (wanted.some((id) => BigInt(id) < oldest)) throw new ApiError('TooOldToBulkDelete')
  await app.db.transact(async (tx) => {
    const rows = await tx
      .selectFrom('messages')
      .selectAll()
      .where('channel_id', '=', channelId)
      .where('id', 'in', wanted)
      .execute()
    if (rows.length === 0) return
    await deleteRows(tx, channelId, rows)
    const data = { ids: rows.map((row) => row.id), channel_id: channelId, ...guildIdOf(access) }
    tx.emit({ type: 'MESSAGE_DELETE_BULK', audience: channelAudience(access), ...versionOf(access), data })
  })
}

/** Shows what a message of the actor's looks like to it. */
export async function readMessage(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
): Promise<WireMessage> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'ReadMessageHistory')
  return getMessage(app, actor.userId, channelId, messageId)
}

/** Deletes rows of one channel, and their files once that is committed. */
export async function deleteRows(tx: Tx, channelId: string, rows: readonly MessageRow[]): Promise<void> {
  const ids = rows.map((row) => row.id)
  await tx.deleteFrom('messages').where('channel_id', '=', channelId).where('id', 'in', ids).execute()
  const keys = rows.flatMap((row) =>
    (row.attachments as unknown as StoredAttachment[]).map((a) => attachmentKey(row.channel_id, a.id)),
  )
  if (keys.length > 0) tx.enqueue({ name: DELETE_FILES_JOB, payload: { keys } })
}

function keptAttachments(row: MessageRow, keep: readonly string[] | undefined): StoredAttachment[] {
  const attachments = row.attachments as unknown as StoredAttachment[]
  return keep ? attachments.filter((attachment) => keep.includes(attachment.id)) : attachments
}

/** What a character's message says beside its text, as stored. */
export function extrasOf(row: { convive: unknown }): MessageExtras {
  return (row.convive ?? {}) as MessageExtras
}
