// Discord's REST v10, as far as this client calls it. Paths and bodies: discord-api-types/rest/v10.
import type {
  Application,
  Channel,
  Emoji,
  Invite,
  Message,
  Overwrite,
  Role,
  User,
  WireGuild,
} from '../wire.ts'
import { rest } from './client.ts'
import { discordPath, type Method } from './rest.ts'

function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  query?: Record<string, string | number | boolean | undefined>,
): Promise<T> {
  return rest.call<T>(method, discordPath(path), {
    ...(body !== undefined && { body }),
    ...(query && { query }),
  })
}

export const getGateway = () => call<{ url: string }>('GET', '/gateway')

// Oneself and others

export interface MyChanges {
  global_name?: string | null
  avatar?: string | null
  bio?: string
}
export const updateMe = (changes: MyChanges) => call<User>('PATCH', '/users/@me', changes)
export const openDm = (userId: string) =>
  call<Channel>('POST', '/users/@me/channels', { recipient_id: userId })
export const openGroup = (recipients: string[]) =>
  call<Channel>('POST', '/users/@me/channels', { recipients })
export const addToGroup = (channelId: string, userId: string) =>
  call<void>('PUT', `/channels/${channelId}/recipients/${userId}`, {})
export const requestFriend = (username: string) =>
  call<void>('POST', '/users/@me/relationships', { username, discriminator: null })
export const acceptFriend = (userId: string) => call<void>('PUT', `/users/@me/relationships/${userId}`, {})
export const blockUser = (userId: string) =>
  call<void>('PUT', `/users/@me/relationships/${userId}`, { type: 2 })
export const endRelationship = (userId: string) => call<void>('DELETE', `/users/@me/relationships/${userId}`)

// Guilds

export const createGuild = (body: { name: string; icon?: string }) => call<WireGuild>('POST', '/guilds', body)
export const updateGuild = (guildId: string, body: { name?: string; icon?: string | null }) =>
  call<WireGuild>('PATCH', `/guilds/${guildId}`, body)
export const deleteGuild = (guildId: string) => call<void>('DELETE', `/guilds/${guildId}`)
export const leaveGuild = (guildId: string) => call<void>('DELETE', `/users/@me/guilds/${guildId}`)

export interface RoleBody {
  name?: string
  permissions?: string
  color?: number
  hoist?: boolean
  mentionable?: boolean
}
export const createRole = (guildId: string, body: RoleBody) =>
  call<Role>('POST', `/guilds/${guildId}/roles`, body)
export const updateRole = (guildId: string, roleId: string, body: RoleBody) =>
  call<Role>('PATCH', `/guilds/${guildId}/roles/${roleId}`, body)
export const deleteRole = (guildId: string, roleId: string) =>
  call<void>('DELETE', `/guilds/${guildId}/roles/${roleId}`)
export const moveRoles = (guildId: string, positions: { id: string; position: number }[]) =>
  call<Role[]>('PATCH', `/guilds/${guildId}/roles`, positions)
export const giveRole = (guildId: string, userId: string, roleId: string) =>
  call<void>('PUT', `/guilds/${guildId}/members/${userId}/roles/${roleId}`)
export const takeRole = (guildId: string, userId: string, roleId: string) =>
  call<void>('DELETE', `/guilds/${guildId}/members/${userId}/roles/${roleId}`)
export const removeMember = (guildId: string, userId: string) =>
  call<void>('DELETE', `/guilds/${guildId}/members/${userId}`)
export const banMember = (guildId: string, userId: string) =>
  call<void>('PUT', `/guilds/${guildId}/bans/${userId}`, {})

// Channels

export interface ChannelBody {
  name?: string
  topic?: string | null
  type?: number
  parent_id?: string | null
  position?: number
  permission_overwrites?: Overwrite[]
}
export const createChannel = (guildId: string, body: ChannelBody) =>
  call<Channel>('POST', `/guilds/${guildId}/channels`, body)
export const updateChannel = (channelId: string, body: ChannelBody) =>
  call<Channel>('PATCH', `/channels/${channelId}`, body)
/** Deletes a guild's channel; hides a DM; leaves a group. */
export const deleteChannel = (channelId: string) => call<Channel>('DELETE', `/channels/${channelId}`)
export const putOverwrite = (channelId: string, overwrite: Overwrite) =>
  call<void>('PUT', `/channels/${channelId}/permissions/${overwrite.id}`, {
    type: overwrite.type,
    allow: overwrite.allow,
    deny: overwrite.deny,
  })
export const deleteOverwrite = (channelId: string, id: string) =>
  call<void>('DELETE', `/channels/${channelId}/permissions/${id}`)
export const startTyping = (channelId: string) => call<void>('POST', `/channels/${channelId}/typing`)
export const ackMessage = (channelId: string, messageId: string) =>
  call<unknown>('POST', `/channels/${channelId}/messages/${messageId}/ack`, { token: null })

// Invites

export const createInvite = (channelId: string, body: { max_age: number; max_uses: number }) =>
  call<Invite>('POST', `/channels/${channelId}/invites`, body)
export const getInvite = (code: string) =>
  call<Invite>('GET', `/invites/${encodeURIComponent(code)}`, undefined, { with_counts: true })
export const acceptInvite = (code: string) => call<Invite>('POST', `/invites/${encodeURIComponent(code)}`, {})

// Messages

export const HISTORY_PAGE = 50

export interface HistoryQuery {
  before?: string
  after?: string
  around?: string
}
export const listMessages = (channelId: string, query: HistoryQuery) =>
  call<Message[]>('GET', `/channels/${channelId}/messages`, undefined, { limit: HISTORY_PAGE, ...query })

export interface MessageBody {
  content: string
  nonce: string
  message_reference?: { message_id: string }
  allowed_mentions?: { parse: string[]; replied_user: boolean }
}

/** Sends a message with its files, as Discord's multipart form where there are any. */
export function sendMessage(channelId: string, body: MessageBody, files: readonly File[]): Promise<Message> {
  const path = discordPath(`/channels/${channelId}/messages`)
  if (files.length === 0) return rest.call<Message>('POST', path, { body })
  const form = new FormData()
  const attachments = files.map((file, index) => ({ id: index, filename: file.name }))
  form.append('payload_json', JSON.stringify({ ...body, attachments }))
  for (const [index, file] of files.entries()) form.append(`files[${index}]`, file, file.name)
  return rest.call<Message>('POST', path, { form })
}

export const editMessage = (channelId: string, id: string, content: string) =>
  call<Message>('PATCH', `/channels/${channelId}/messages/${id}`, { content })
export const deleteMessage = (channelId: string, id: string) =>
  call<void>('DELETE', `/channels/${channelId}/messages/${id}`)

const emojiPath = (emoji: Emoji): string =>
  encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : (emoji.name ?? ''))
export const addReaction = (channelId: string, id: string, emoji: Emoji) =>
  call<void>('PUT', `/channels/${channelId}/messages/${id}/reactions/${emojiPath(emoji)}/@me`)
export const removeReaction = (channelId: string, id: string, emoji: Emoji) =>
  call<void>('DELETE', `/channels/${channelId}/messages/${id}/reactions/${emojiPath(emoji)}/@me`)

export const listPins = (channelId: string) =>
  call<{ items: { pinned_at: string; message: Message }[] }>('GET', `/channels/${channelId}/messages/pins`)
export const pinMessage = (channelId: string, id: string) =>
  call<void>('PUT', `/channels/${channelId}/messages/pins/${id}`)
export const unpinMessage = (channelId: string, id: string) =>
  call<void>('DELETE', `/channels/${channelId}/messages/pins/${id}`)

// Applications

export const listApplications = () => call<Application[]>('GET', '/applications')
export const createApplication = (name: string) => call<Application>('POST', '/applications', { name })
export const resetBotToken = (id: string) =>
  call<{ token: string }>('POST', `/applications/${id}/bot/reset`, {})
export const authorizeBot = (clientId: string, permissions: string, guildId: string) =>
  call<unknown>(
    'POST',
    '/oauth2/authorize',
    { guild_id: guildId, permissions, authorize: true },
    { client_id: clientId, scope: 'bot', permissions },
  )
export const describeBot = (clientId: string) =>
  call<{ application: Application; bot?: User }>('GET', '/oauth2/authorize', undefined, {
    client_id: clientId,
    scope: 'bot',
  })
