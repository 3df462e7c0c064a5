import { ApiError, invalid } from '@convive/protocol/errors'
import type { MessageExtras } from '@convive/protocol/events'
import { LIMITS } from '@convive/protocol/limits'
import { hasPermission } from '@convive/protocol/permissions'
import { snowflakeAt, snowflakeTimeMs } from '@convive/protocol/snowflakes'
import { isBlockedBetween } from '../accounts/relationships.ts'
import type { Actor, App } from '../context.ts'
import { type Access, getAccess, isDm, requirePermission } from '../guilds/access.ts'
import { reopenClosedRecipients } from '../guilds/private-channels.ts'
import { memberPartToWire } from '../guilds/wire.ts'
import { type NewFile, storeAttachments } from './attachments.ts'
import { channelAudience, guildIdOf, versionOf } from './audience.ts'
import { type AllowedMentions, allowMentions, type Mentions, parseMentions } from './mentions.ts'
import { findRow } from './read.ts'
import type { MessageDraft } from './send-queue.ts'
import {
  DEFAULT_MESSAGE,
  type MessageReference,
  type MessageRow,
  messageToWire,
  REPLY_MESSAGE,
  type StoredAttachment,
  type WireMessage,
} from './wire.ts'

export interface SendMessage {
  channelId: string
  content: string
  /** Echoed in the event. */
  nonce?: string | undefined
  /** Whether a second message with this nonce is the same one. */
  enforceNonce?: boolean
  replyTo?: { messageId: string; failIfNotExists: boolean } | undefined
  allowedMentions?: AllowedMentions | undefined
  embeds?: readonly unknown[]
  components?: readonly unknown[]
  files?: readonly NewFile[]
  flags?: number
  tts?: boolean
  type?: number
  convive?: MessageExtras | undefined
}

/** How often a check is made anew because the guild changed between it and the write. */
const STALE_ATTEMPTS = 5
const SUPPRESS_EMBEDS = 1 << 2
const SUPPRESS_NOTIFICATIONS = 1 << 12

/**
 * Sends a message as `actor`. Every sender comes through here: REST, bots, characters. Throws what Discord's API
 * answers (UnknownChannel, MissingAccess, MissingPermissions, EmptyMessage, CannotMessageUser, …).
 */
export async function sendMessage(app: App, actor: Actor, input: SendMessage): Promise<WireMessage> {
  requireContent(actor, input)
  let attachments: StoredAttachment[] | null = null
  for (let attempt = 1; ; attempt++) {
    const access = await requireMaySend(app, actor, input)
    attachments ??= await storeAttachments(app, access.channelId, input.files ?? [])
    const prepared = await prepare(app, actor, access, input, attachments)
    const sent = await app.sends.write(prepared.draft)
    if (sent.outcome === 'written') return prepared.wire(sent.id)
    if (sent.outcome === 'repeated') return prepared.wire(sent.id)
    if (sent.outcome === 'gone') throw new ApiError('UnknownChannel')
    if (attempt >= STALE_ATTEMPTS) throw new ApiError('Conflict')
    if (access.kind === 'guild') await app.guilds.refresh(access.guild.guildId)
  }
}

function requireContent(actor: Actor, input: SendMessage): void {
  const most = actor.kind === 'character' ? LIMITS.characterContentChars : LIMITS.messageContentChars
  if (input.content.length > most) {
    throw invalid('content', 'BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`)
  }
  const empty =
    input.content.trim() === '' && !input.embeds?.length && !input.files?.length && !input.components?.length
  if (empty && input.type === undefined) throw new ApiError('EmptyMessage')
}

async function requireMaySend(app: App, actor: Actor, input: SendMessage): Promise<Access> {
  const access = await getAccess(app, actor, input.channelId)
  if (access.kind === 'guild') {
    if (access.channel.type === 4) throw new ApiError('CannotExecuteOnType')
    requirePermission(access, 'SendMessages')
    if (input.files?.length) requirePermission(access, 'AttachFiles')
    if (input.replyTo) requirePermission(access, 'ReadMessageHistory')
    await requireSlowMode(app, actor, access)
    return access
  }
  const other = isDm(access) && access.channel.recipientIds.find((id) => id !== actor.userId)
  if (other && (await isBlockedBetween(app.db, actor.userId, other))) throw new ApiError('CannotMessageUser')
  if (access.channel.closedFor.length > 0)
    await app.db.transact((tx) => reopenClosedRecipients(tx, access.channelId))
  return access
}

async function requireSlowMode(app: App, actor: Actor, access: Access): Promise<void> {
  if (access.kind !== 'guild' || access.channel.rateLimitPerUser === 0) return
  if (
    hasPermission(access.permissions, 'ManageMessages') ||
    hasPermission(access.permissions, 'ManageChannels')
  )
    return
  const pauseMs = access.channel.rateLimitPerUser * 1000
  const last = await app.db
    .selectFrom('messages')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('channel_id', '=', access.channelId)
    .where('id', '>', snowflakeAt(app.now() - pauseMs))
    .where('author_id', '=', actor.userId)
    .executeTakeFirst()
  if (!last?.id) return
  throw new ApiError('SlowMode', {
    retryAfterMs: Math.max(1, snowflakeTimeMs(last.id) + pauseMs - app.now()),
  })
}

interface Prepared {
  draft: MessageDraft
  wire(id: string): WireMessage
}

async function prepare(
  app: App,
  actor: Actor,
  access: Access,
  input: SendMessage,
  attachments: StoredAttachment[],
): Promise<Prepared> {
  const replied = await findReplied(app, access, input)
  const mentions = allowMentions(parseMentions(input.content), input.allowedMentions ?? null, access)
  const callsReplied = replied !== null && (input.allowedMentions?.replied_user ?? !input.allowedMentions)
  const mentionedIds = [...new Set([...mentions.userIds, ...(callsReplied ? [replied.author_id] : [])])]
  const ids = [actor.userId, ...mentionedIds, ...(replied ? [replied.author_id, ...replied.mentions] : [])]
  const users = await app.users.findMany(ids)
  const author = users.get(actor.userId)
  if (!author) throw new ApiError('UnknownUser')
  const present = mentionedIds.filter((id) => users.has(id))
  const row = toRow(actor, access, input, { mentions, present, replied, attachments })
  const wire = (id: string): WireMessage => ({
    ...messageToWire(
      app,
      { ...row, id, edited_at: null, pinned_at: null },
      { users, referenced: referencedMap(replied) },
    ),
    ...(input.nonce !== undefined && { nonce: input.nonce }),
  })
  const casting = await app.director.cast(access, {
    author,
    content: input.content,
    mentionedUserIds: present,
    mentionsEveryone: mentions.everyone,
    repliedUserId: replied?.author_id ?? null,
  })
  return {
    wire,
    draft: {
      row,
      guildId: access.kind === 'guild' ? access.guild.guildId : null,
      version: access.kind === 'guild' ? String(access.guild.version) : null,
      nonce: input.nonce !== undefined && input.enforceNonce ? input.nonce : null,
      targets:
        input.flags && input.flags & SUPPRESS_NOTIFICATIONS ? [] : targetsOf(access, mentions, present),
      marksRead: actor.kind === 'person',
      casting,
      event: (id) => ({
        type: 'MESSAGE_CREATE',
        audience: channelAudience(access),
        ...versionOf(access),
        data: { ...wire(id), ...guildIdOf(access), ...memberOf(access), channel_type: access.channel.type },
      }),
    },
  }
}

function memberOf(access: Access) {
  return access.kind === 'guild' ? { member: memberPartToWire(access.member) } : {}
}

function referencedMap(replied: MessageRow | null): Map<string, MessageRow> {
  return new Map(replied ? [[replied.id, replied]] : [])
}

async function findReplied(app: App, access: Access, input: SendMessage): Promise<MessageRow | null> {
  if (!input.replyTo) return null
  const row = await findRow(app.db, access.channelId, input.replyTo.messageId)
  if (row) return row
  if (!input.replyTo.failIfNotExists) return null
  throw invalid('message_reference', 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message')
}

function toRow(
  actor: Actor,
  access: Access,
  input: SendMessage,
  found: {
    mentions: Mentions
    present: string[]
    replied: MessageRow | null
    attachments: StoredAttachment[]
  },
): MessageDraft['row'] {
  const reference: MessageReference | null = found.replied && {
    type: 0,
    message_id: found.replied.id,
    channel_id: access.channelId,
    ...guildIdOf(access),
  }
  const mayEmbed = access.kind === 'private' || hasPermission(access.permissions, 'EmbedLinks')
  return {
    channel_id: access.channelId,
    author_id: actor.userId,
    type: input.type ?? (reference ? REPLY_MESSAGE : DEFAULT_MESSAGE),
    content: input.content,
    flags: (input.flags ?? 0) & (SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS),
    tts: (input.tts ?? false) && hasPermission(access.permissions, 'SendTTSMessages'),
    reference: reference as never,
    mention_everyone: found.mentions.everyone || found.mentions.here,
    mentions: found.present,
    mention_roles: found.mentions.roleIds,
    attachments: found.attachments as never,
    embeds: (mayEmbed ? [...(input.embeds ?? [])] : []) as never,
    components: [...(input.components ?? [])] as never,
    convive: (input.convive ?? null) as never,
  }
}

function targetsOf(access: Access, mentions: Mentions, present: readonly string[]): string[] {
  const everyone =
    access.kind === 'guild' && (mentions.everyone || mentions.here) ? [access.guild.guildId] : []
  return [...new Set([...present, ...mentions.roleIds, ...everyone])]
}
