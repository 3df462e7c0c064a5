import type { MessageExtras } from '@convive/protocol/events'
import type { Selectable } from 'kysely'
import type { UserState } from '../accounts/users.ts'
import { userToWire, type WireUser } from '../accounts/wire.ts'
import type { App } from '../context.ts'
import { absoluteUrl, signAttachmentUrl } from '../storage/attachment-urls.ts'
import type { Messages } from '../storage/schema.ts'

/** An attachment as its message keeps it; the bytes lie under its `attachmentKey`. */
export interface StoredAttachment {
  id: string
  filename: string
  size: number
  contentType: string
  description?: string
  width?: number
  height?: number
  spoiler?: boolean
}

export interface WireAttachment {
  id: string
  filename: string
  title?: string
  size: number
  url: string
  proxy_url: string
  content_type: string
  description?: string
  width?: number
  height?: number
  flags: number
}

export interface MessageReference {
  type: 0
  message_id: string
  channel_id: string
  guild_id?: string
}

/** A row of messages, or what will be one. */
export type MessageRow = Omit<Selectable<Messages>, 'nonce'>

export interface WireReaction {
  count: number
  count_details: { burst: 0; normal: number }
  me: boolean
  me_burst: false
  burst_me: false
  burst_count: 0
  burst_colors: []
  emoji: { id: null; name: string }
}

/** A message as everybody who may see it gets it. https://discord.com/developers/docs/resources/message */
export interface WireMessage {
  id: string
  channel_id: string
  author: WireUser
  content: string
  timestamp: string
  edited_timestamp: string | null
  tts: boolean
  mention_everyone: boolean
  mentions: WireUser[]
  mention_roles: string[]
  attachments: WireAttachment[]
  embeds: unknown[]
  components: unknown[]
  reactions?: WireReaction[]
  nonce?: string
  pinned: boolean
  type: number
  flags: number
  message_reference?: MessageReference
  referenced_message?: WireMessage | null
  convive?: MessageExtras
}

export const DEFAULT_MESSAGE = 0
export const PIN_MESSAGE = 6
export const REPLY_MESSAGE = 19

/** What a message refers to, looked up beforehand for a whole page. */
export interface MessageParts {
  users: ReadonlyMap<string, UserState>
  referenced?: ReadonlyMap<string, MessageRow>
  reactions?: ReadonlyMap<string, WireReaction[]>
}

/** The one place that builds a message object. A deleted author is shown as such, never missing. */
export function messageToWire(app: App, row: MessageRow, parts: MessageParts): WireMessage {
  const reference = row.reference as MessageReference | null
  const reactions = parts.reactions?.get(row.id)
  const referenced = reference && parts.referenced ? parts.referenced.get(reference.message_id) : undefined
  return {
    id: row.id,
    type: row.type,
    channel_id: row.channel_id,
    author: wireUser(row.author_id, parts.users),
    content: row.content,
    timestamp: snowflakeTimestamp(row.id),
    edited_timestamp: row.edited_at?.toISOString() ?? null,
    tts: row.tts,
    mention_everyone: row.mention_everyone,
    mentions: row.mentions.map((id) => wireUser(id, parts.users)),
    mention_roles: row.mention_roles,
    attachments: (row.attachments as unknown as StoredAttachment[]).map((a) =>
      attachmentToWire(app, row.channel_id, a),
    ),
    embeds: row.embeds as unknown[],
    components: row.components as unknown[],
    pinned: row.pinned_at !== null,
    flags: row.flags,
    ...(reactions && reactions.length > 0 && { reactions }),
    ...(reference && { message_reference: reference }),
    ...(reference &&
      parts.referenced && {
        referenced_message: referenced
          ? messageToWire(app, { ...referenced, reference: null }, { users: parts.users })
          : null,
      }),
    ...(row.convive !== null && { convive: row.convive as unknown as MessageExtras }),
  }
}

function wireUser(id: string, users: ReadonlyMap<string, UserState>): WireUser {
  const user = users.get(id)
  return userToWire(user && !user.deleted ? user : { ...DELETED, id, kind: user?.kind ?? 'person' })
}

const DELETED: UserState = {
  id: '0',
  kind: 'person',
  username: 'deleted_user',
  globalName: null,
  avatar: null,
  banner: null,
  accentColor: null,
  bio: '',
  flags: 0,
  locale: 'en-US',
  isInstanceOwner: false,
  deleted: true,
}

const DISCORD_EPOCH = 1_420_070_400_000n

function snowflakeTimestamp(id: string): string {
  return new Date(Number((BigInt(id) >> 22n) + DISCORD_EPOCH)).toISOString()
}

function attachmentToWire(app: App, channelId: string, attachment: StoredAttachment): WireAttachment {
  const url = absoluteUrl(app, signAttachmentUrl(app, channelId, attachment.id, attachment.filename))
  return {
    id: attachment.id,
    filename: attachment.filename,
    size: attachment.size,
    url,
    proxy_url: url.replace('/attachments/', '/media/'),
    content_type: attachment.contentType,
    flags: 0,
    ...(attachment.description !== undefined && { description: attachment.description }),
    ...(attachment.width !== undefined && { width: attachment.width }),
    ...(attachment.height !== undefined && { height: attachment.height }),
  }
}
