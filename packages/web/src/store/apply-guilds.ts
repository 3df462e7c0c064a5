import { compareSnowflakes, isNewer } from '@convive/protocol/snowflakes'
import type { Channel, GuildProperties, Member, Presence, Role, WireGuild } from '../wire.ts'
import { applyPresences, withUsers } from './apply-people.ts'
import { type Guild, put, type State, type Table, without } from './state.ts'

type StoredMember = Omit<Member, 'user'>

/** GUILD_CREATE, and the whole guilds of READY. */
export function applyGuild(state: State, wire: WireGuild): State {
  const properties: GuildProperties = { ...wire, ...wire.properties }
  const guild: Guild = { ...guildProperties(properties), roles: wire.roles ?? [], unavailable: false }
  const channels: Record<string, Channel> = {}
  for (const channel of Object.values(state.channels))
    if (channel.guild_id !== wire.id) channels[channel.id] = channel
  for (const channel of wire.channels ?? []) channels[channel.id] = { ...channel, guild_id: wire.id }
  const next: State = {
    ...state,
    guilds: put(state.guilds, wire.id, guild),
    guildIds: state.guildIds.includes(wire.id) ? state.guildIds : [...state.guildIds, wire.id],
    channels,
    members: put(state.members, wire.id, {}),
  }
  return applyPresences(applyMembers(next, wire.id, wire.members ?? []), wire.presences ?? [])
}

/** A stub in READY, or GUILD_DELETE with `unavailable`: known, to come later. */
export function applyUnavailable(state: State, id: string): State {
  const known = state.guilds[id]
  const guild: Guild = known
    ? { ...known, unavailable: true }
    : { id, name: '', icon: null, owner_id: '', roles: [], unavailable: true }
  return {
    ...state,
    guilds: put(state.guilds, id, guild),
    guildIds: state.guildIds.includes(id) ? state.guildIds : [...state.guildIds, id],
  }
}

/** GUILD_UPDATE. */
export function updateGuild(state: State, change: GuildProperties & { roles?: Role[] }): State {
  const known = state.guilds[change.id]
  if (!known) return state
  const guild = { ...known, ...guildProperties({ ...known, ...change }), roles: change.roles ?? known.roles }
  return { ...state, guilds: put(state.guilds, change.id, guild) }
}

/** GUILD_DELETE: left, removed or gone, with everything that was in it. */
export function removeGuild(state: State, id: string): State {
  const gone = Object.values(state.channels).filter((channel) => channel.guild_id === id)
  const next = gone.reduce((current, channel) => removeChannel(current, channel.id), state)
  return {
    ...next,
    guilds: without(next.guilds, id),
    guildIds: next.guildIds.filter((other) => other !== id),
    members: without(next.members, id),
  }
}

/** GUILD_ROLE_CREATE and GUILD_ROLE_UPDATE. */
export function applyRole(state: State, guildId: string, role: Role): State {
  const guild = state.guilds[guildId]
  if (!guild) return state
  const roles = [...guild.roles.filter((other) => other.id !== role.id), role]
  return { ...state, guilds: put(state.guilds, guildId, { ...guild, roles }) }
}

/** GUILD_ROLE_DELETE: taken from its members too. */
export function removeRole(state: State, guildId: string, roleId: string): State {
  const guild = state.guilds[guildId]
  if (!guild) return state
  const members: Record<string, StoredMember> = { ...state.members[guildId] }
  for (const [id, member] of Object.entries(members)) {
    if (member.roles.includes(roleId))
      members[id] = { ...member, roles: member.roles.filter((role) => role !== roleId) }
  }
  const roles = guild.roles.filter((role) => role.id !== roleId)
  return {
    ...state,
    guilds: put(state.guilds, guildId, { ...guild, roles }),
    members: put(state.members, guildId, members),
  }
}

/** GUILD_MEMBER_ADD, GUILD_MEMBER_UPDATE, GUILD_MEMBERS_CHUNK. */
export function applyMembers(state: State, guildId: string, members: readonly Member[]): State {
  if (members.length === 0) return state
  const known: Table<StoredMember> = state.members[guildId] ?? {}
  const table: Record<string, StoredMember> = { ...known }
  for (const { user, ...member } of members) table[user.id] = { ...table[user.id], ...member }
  const next = withUsers(
    state,
    members.map((member) => member.user),
  )
  return { ...next, members: put(next.members, guildId, table) }
}

/** GUILD_MEMBER_ADD also counts; GUILD_MEMBER_REMOVE counts down. */
export function countMember(state: State, guildId: string, by: 1 | -1): State {
  const guild = state.guilds[guildId]
  if (guild?.member_count === undefined) return state
  return { ...state, guilds: put(state.guilds, guildId, { ...guild, member_count: guild.member_count + by }) }
}

/** GUILD_MEMBER_REMOVE. */
export function removeMember(state: State, guildId: string, userId: string): State {
  const members = state.members[guildId]
  if (!members?.[userId]) return state
  return { ...state, members: put(state.members, guildId, without(members, userId)) }
}

/** CHANNEL_CREATE and CHANNEL_UPDATE, in guilds and DMs. */
export function applyChannel(state: State, channel: Channel): State {
  const known = state.channels[channel.id]
  const newest = isNewer(known?.last_message_id ?? '0', channel.last_message_id)
    ? known?.last_message_id
    : channel.last_message_id
  const merged: Channel = { ...known, ...channel, last_message_id: newest ?? null }
  const next = withUsers(state, channel.recipients ?? [])
  return { ...next, channels: put(next.channels, channel.id, merged) }
}

/** CHANNEL_DELETE, with what was known of it. */
export function removeChannel(state: State, id: string): State {
  return {
    ...state,
    channels: without(state.channels, id),
    histories: without(state.histories, id),
    echoes: without(state.echoes, id),
    drafts: without(state.drafts, id),
    typing: without(state.typing, id),
    reads: without(state.reads, id),
  }
}

/** Order of roles as Discord lists them: highest first; of equals the older one. */
export function byRank(a: Role, b: Role): number {
  return b.position - a.position || compareSnowflakes(a.id, b.id)
}

/** Presences for many at once, as a members chunk brings them. */
export function applyChunk(
  state: State,
  chunk: { guild_id: string; members: Member[]; presences?: Presence[] },
): State {
  return applyPresences(applyMembers(state, chunk.guild_id, chunk.members), chunk.presences ?? [])
}

function guildProperties(guild: GuildProperties): GuildProperties {
  const { id, name, icon, owner_id, description, system_channel_id, member_count } = guild
  return {
    id,
    name,
    icon: icon ?? null,
    owner_id,
    description: description ?? null,
    system_channel_id: system_channel_id ?? null,
    ...(member_count !== undefined && { member_count }),
  }
}
