import {
  channelPermissions,
  DM_PERMISSIONS,
  guildPermissions,
  hasPermission,
  type MemberFacts,
  type PermissionFacts,
  type PermissionName,
} from '@convive/protocol/permissions'
import { compareSnowflakes, isNewer, snowflakeAt } from '@convive/protocol/snowflakes'
import {
  CHANNEL,
  type Channel,
  type Member,
  type Message,
  RELATIONSHIP,
  type Role,
  type User,
} from '../wire.ts'
import { byRank } from './apply-guilds.ts'
import type { Guild, State } from './state.ts'

/** What to call a user where there is no guild. */
export function userName(user: User | undefined): string {
  return user ? user.global_name || user.username : '…'
}

/** What to call a user in a guild: the nickname first. */
export function memberName(state: State, guildId: string | undefined, user: User): string {
  return (guildId && state.members[guildId]?.[user.id]?.nick) || userName(state.users[user.id] ?? user)
}

/** Whether the account is an AI character. */
export const isCharacter = (user: User | undefined): boolean => user?.convive?.kind === 'character'

/** Whether text can be written in channels of this type. */
export const isTextual = (channel: Channel): boolean =>
  channel.type === CHANNEL.text || channel.type === CHANNEL.announcement || isPrivate(channel)

export const isPrivate = (channel: Channel): boolean =>
  channel.type === CHANNEL.dm || channel.type === CHANNEL.group

/** What a channel is called: a DM by its people. */
export function channelName(state: State, channel: Channel): string {
  if (channel.name) return channel.name
  return (channel.recipients ?? []).map((user) => userName(state.users[user.id] ?? user)).join(', ') || '…'
}

const factsCache = new WeakMap<Guild, PermissionFacts>()

function permissionFacts(guild: Guild): PermissionFacts {
  let facts = factsCache.get(guild)
  if (!facts) {
    const roles = new Map(guild.roles.map((role) => [role.id, { permissions: BigInt(role.permissions) }]))
    facts = { guildId: guild.id, ownerId: guild.owner_id, roles }
    factsCache.set(guild, facts)
  }
  return facts
}

function memberFacts(userId: string, member: Omit<Member, 'user'> | undefined): MemberFacts {
  const until = member?.communication_disabled_until
  return { userId, roleIds: member?.roles ?? [], timedOutUntilMs: until ? Date.parse(until) : null }
}

/** What the person may do in the guild. */
export function myGuildPermissions(state: State, guildId: string): bigint {
  const guild = state.guilds[guildId]
  if (!guild || !state.me) return 0n
  return guildPermissions(
    permissionFacts(guild),
    memberFacts(state.me.id, state.members[guildId]?.[state.me.id]),
  )
}

/** What the person may do in the channel. */
export function myChannelPermissions(state: State, channel: Channel): bigint {
  if (!channel.guild_id) return DM_PERMISSIONS
  return permissionsOf(state, channel, state.me?.id ?? '')
}

/** What a member may do in a guild's channel. */
export function permissionsOf(state: State, channel: Channel, userId: string): bigint {
  const guild = state.guilds[channel.guild_id ?? '']
  if (!guild) return 0n
  const overwrites = (channel.permission_overwrites ?? []).map((overwrite) => ({
    id: overwrite.id,
    type: overwrite.type === 1 ? (1 as const) : (0 as const),
    allow: BigInt(overwrite.allow),
    deny: BigInt(overwrite.deny),
  }))
  return channelPermissions(
    permissionFacts(guild),
    memberFacts(userId, state.members[guild.id]?.[userId]),
    overwrites,
  )
}

export function canInChannel(state: State, channel: Channel | undefined, name: PermissionName): boolean {
  return channel !== undefined && hasPermission(myChannelPermissions(state, channel), name)
}

export function canInGuild(state: State, guildId: string, name: PermissionName): boolean {
  return hasPermission(myGuildPermissions(state, guildId), name)
}

/** Whether the person may act on somebody's roles or membership: only below one's own highest role. */
export function outranks(state: State, guildId: string, userId: string): boolean {
  const guild = state.guilds[guildId]
  if (!guild || !state.me || userId === guild.owner_id) return false
  if (guild.owner_id === state.me.id) return true
  return highestPosition(state, guild, state.me.id) > highestPosition(state, guild, userId)
}

export function highestPosition(state: State, guild: Guild, userId: string): number {
  if (guild.owner_id === userId) return Number.POSITIVE_INFINITY
  const ids = state.members[guild.id]?.[userId]?.roles ?? []
  return Math.max(0, ...guild.roles.filter((role) => ids.includes(role.id)).map((role) => role.position))
}

export interface ChannelGroup {
  category: Channel | null
  channels: Channel[]
}

const byPosition = (a: Channel, b: Channel): number =>
  (a.position ?? 0) - (b.position ?? 0) || compareSnowflakes(a.id, b.id)

/** A guild's channels that the person may see, under their categories, in order. */
export function channelGroups(state: State, guildId: string): ChannelGroup[] {
  const all = Object.values(state.channels).filter((channel) => channel.guild_id === guildId)
  const manager = canInGuild(state, guildId, 'ManageChannels')
  const visible = all
    .filter((channel) => isTextual(channel) && canInChannel(state, channel, 'ViewChannel'))
    .sort(byPosition)
  const categories = all.filter((channel) => channel.type === CHANNEL.category).sort(byPosition)
  const known = new Set(categories.map((category) => category.id))
  const loose = visible.filter((channel) => !channel.parent_id || !known.has(channel.parent_id))
  const groups: ChannelGroup[] = [{ category: null, channels: loose }]
  for (const category of categories) {
    const channels = visible.filter((channel) => channel.parent_id === category.id)
    if (channels.length > 0 || manager) groups.push({ category, channels })
  }
  return groups
}

/** The channel that opens with a guild. */
export function firstChannelId(state: State, guildId: string): string | undefined {
  return channelGroups(state, guildId).flatMap((group) => group.channels)[0]?.id
}

/** DMs and groups, the latest talked in first. */
export function privateChannels(state: State): Channel[] {
  return Object.values(state.channels)
    .filter(isPrivate)
    .sort((a, b) => compareSnowflakes(b.last_message_id ?? b.id, a.last_message_id ?? a.id))
}

/** Whether there is something unread. Where nothing was ever read in a guild, only what came after joining counts. */
export function isUnread(state: State, channel: Channel): boolean {
  if (!channel.last_message_id) return false
  const read = state.reads[channel.id]
  if (read?.last_message_id) return isNewer(channel.last_message_id, read.last_message_id)
  if (!channel.guild_id || !state.me) return true
  const joined = state.members[channel.guild_id]?.[state.me.id]?.joined_at
  return !joined || isNewer(channel.last_message_id, snowflakeAt(Date.parse(joined)))
}

/** Colour of a name: the highest coloured role's, as `#rrggbb`; null for the text's own. */
export function nameColour(state: State, guildId: string | undefined, userId: string): string | null {
  const guild = guildId ? state.guilds[guildId] : undefined
  const ids = guild ? state.members[guild.id]?.[userId]?.roles : undefined
  if (!guild || !ids?.length) return null
  const role = guild.roles
    .filter((candidate) => candidate.color !== 0 && ids.includes(candidate.id))
    .sort(byRank)[0]
  return role ? roleColour(role) : null
}

/** A role's colour as `#rrggbb`; null where it has none. */
export function roleColour(role: Role): string | null {
  return role.color ? `#${role.color.toString(16).padStart(6, '0')}` : null
}

/** People of one relationship type, by name. */
export function relatedUsers(state: State, type: number): User[] {
  return Object.entries(state.relationships)
    .filter(([, kind]) => kind === type)
    .flatMap(([id]) => state.users[id] ?? [])
    .sort((a, b) => userName(a).localeCompare(userName(b)))
}

export const isBlocked = (state: State, userId: string): boolean =>
  state.relationships[userId] === RELATIONSHIP.blocked

/** The one-to-one DM with somebody, if it exists. */
export function dmWith(state: State, userId: string): Channel | undefined {
  return Object.values(state.channels).find(
    (channel) => channel.type === CHANNEL.dm && channel.recipients?.[0]?.id === userId,
  )
}

/** Whether a message calls the person by name, by a role or with everybody: it is marked then. DMs are not. */
export function mentionedMe(state: State, message: Message): boolean {
  const me = state.me?.id
  if (!me || message.author.id === me) return false
  if (message.mention_everyone || message.mentions.some((user) => user.id === me)) return true
  if (message.mention_roles.length === 0) return false
  const guildId = message.guild_id ?? state.channels[message.channel_id]?.guild_id ?? ''
  const roles = state.members[guildId]?.[me]?.roles ?? []
  return message.mention_roles.some((id) => roles.includes(id))
}
