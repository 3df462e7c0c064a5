import type { InstanceInfo } from '@convive/protocol/accounts'
import type { MessageExtras, UserExtras } from '@convive/protocol/events'
import type {
  APIAttachment,
  APIEmbed,
  APIEmoji,
  APIGuildMember,
  APIMessageReference,
  APIOverwrite,
  APIReaction,
  APIRole,
  APIUser,
} from 'discord-api-types/v10'

// Discord's objects, narrowed to what this client reads. Names and meanings are theirs.

export type User = Pick<APIUser, 'id' | 'username' | 'global_name' | 'avatar' | 'discriminator'> & {
  bot?: boolean
  bio?: string
  email?: string | null
  convive?: UserExtras
}

export type Role = Pick<
  APIRole,
  'id' | 'name' | 'color' | 'hoist' | 'position' | 'permissions' | 'managed' | 'mentionable'
>

export type Overwrite = Pick<APIOverwrite, 'id' | 'allow' | 'deny'> & { type: number }

/** Discord's channel types that this client draws. */
export const CHANNEL = { text: 0, dm: 1, voice: 2, group: 3, category: 4, announcement: 5 } as const

export interface Channel {
  id: string
  type: number
  guild_id?: string
  name?: string | null
  topic?: string | null
  position?: number
  parent_id?: string | null
  permission_overwrites?: Overwrite[]
  last_message_id?: string | null
  recipients?: User[]
  recipient_ids?: string[]
  owner_id?: string
  icon?: string | null
  rate_limit_per_user?: number
  last_pin_timestamp?: string | null
}

export type Member = Pick<APIGuildMember, 'roles' | 'joined_at'> & {
  user: User
  nick?: string | null
  communication_disabled_until?: string | null
}

export type PresenceStatus = 'online' | 'idle' | 'dnd' | 'offline' | 'invisible'

export interface Presence {
  user: { id: string }
  status: PresenceStatus
  guild_id?: string
}

export interface GuildProperties {
  id: string
  name: string
  icon: string | null
  owner_id: string
  description?: string | null
  system_channel_id?: string | null
  member_count?: number
}

/** A guild as READY and GUILD_CREATE bring it. */
export interface WireGuild extends GuildProperties {
  unavailable?: boolean
  properties?: GuildProperties
  roles: Role[]
  channels: Channel[]
  members?: Member[]
  presences?: Presence[]
  member_count?: number
}

export interface UnavailableGuild {
  id: string
  unavailable: true
}

export type Attachment = Pick<APIAttachment, 'id' | 'filename' | 'size' | 'url' | 'proxy_url'> & {
  content_type?: string
  width?: number | null
  height?: number | null
  description?: string
}

export type Emoji = Pick<APIEmoji, 'id' | 'name'>
export type Reaction = Pick<APIReaction, 'count' | 'me'> & { emoji: Emoji }

/** Discord's message types that this client draws in their own way; others are shown as text. */
export const MESSAGE = {
  default: 0,
  recipientAdd: 1,
  recipientRemove: 2,
  nameChange: 4,
  pinned: 6,
  join: 7,
  reply: 19,
} as const

export interface Message {
  id: string
  channel_id: string
  guild_id?: string
  author: User
  member?: Omit<Member, 'user'>
  content: string
  timestamp: string
  edited_timestamp: string | null
  type: number
  pinned: boolean
  flags?: number
  tts?: boolean
  nonce?: string | number
  webhook_id?: string
  mention_everyone: boolean
  mentions: User[]
  mention_roles: string[]
  attachments: Attachment[]
  embeds: APIEmbed[]
  reactions?: Reaction[]
  message_reference?: APIMessageReference
  referenced_message?: Message | null
  convive?: MessageExtras
}

/** Relationship types, Discord's numbers. */
export const RELATIONSHIP = { friend: 1, blocked: 2, incoming: 3, outgoing: 4 } as const

export interface Relationship {
  id: string
  type: number
  user: User
}

export interface ReadEntry {
  id: string
  last_message_id: string | null
  mention_count: number
  last_pin_timestamp?: string | null
}

/** READY as a person gets it. */
export interface Ready {
  user: User
  guilds: (WireGuild | UnavailableGuild)[]
  private_channels: Channel[]
  relationships: Relationship[]
  read_state: { entries: ReadEntry[] } | ReadEntry[]
  users?: User[]
  presences?: Presence[]
  session_id: string
  resume_gateway_url: string
  convive?: { instance: InstanceInfo }
}

export interface Invite {
  code: string
  guild?: { id: string; name: string; icon: string | null; description?: string | null }
  channel?: { id: string; name: string | null } | null
  inviter?: User
  approximate_member_count?: number
  approximate_presence_count?: number
  expires_at?: string | null
  max_age?: number
  max_uses?: number
}

export interface Application {
  id: string
  name: string
  icon: string | null
  description: string
  bot?: User
  bot_public?: boolean
}
