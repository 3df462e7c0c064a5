import { Permission } from '@convive/protocol/permissions'
import { byRank } from '../../store/apply-guilds.ts'
import { isCharacter, memberName, permissionsOf } from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'
import type { Channel, Role, User } from '../../wire.ts'
import { statusOf } from './presence.ts'

export interface MemberGroup {
  key: string
  /** A hoisted role's own name; else one of the fixed groups by key. */
  name: string | null
  users: User[]
}

/** Who is in a channel, in the order of the panel: online by hoisted role, characters, offline. */
export function memberGroups(state: State, channel: Channel): MemberGroup[] {
  if (!channel.guild_id) return privateGroups(state, channel)
  const guild = state.guilds[channel.guild_id]
  const members = state.members[channel.guild_id]
  if (!guild || !members) return []
  const hoisted = guild.roles.filter((role) => role.hoist && role.id !== guild.id).sort(byRank)
  const online: MemberGroup = { key: 'online', name: null, users: [] }
  const characters: MemberGroup = { key: 'characters', name: null, users: [] }
  const offline: MemberGroup = { key: 'offline', name: null, users: [] }
  const byRole = new Map<string, MemberGroup>(
    hoisted.map((role: Role) => [role.id, { key: role.id, name: role.name, users: [] }]),
  )
  const open = isOpenToAll(state, channel)
  for (const [id, member] of Object.entries(members)) {
    const user = state.users[id]
    if (!user || !(open || permissionsOf(state, channel, id) & Permission.ViewChannel)) continue
    if (isCharacter(user)) characters.users.push(user)
    else if (statusOf(state, user) === 'offline') offline.users.push(user)
    else {
      const role = hoisted.find((candidate) => member.roles.includes(candidate.id))
      ;((role && byRole.get(role.id)) ?? online).users.push(user)
    }
  }
  const guildId = guild.id
  const groups = [...byRole.values(), online, characters, offline].filter((group) => group.users.length > 0)
  for (const group of groups)
    group.users.sort((a, b) => memberName(state, guildId, a).localeCompare(memberName(state, guildId, b)))
  return groups
}

// Most channels hide from nobody; then a big guild's members need not be asked one by one.
function isOpenToAll(state: State, channel: Channel): boolean {
  const everyone = state.guilds[channel.guild_id ?? '']?.roles.find((role) => role.id === channel.guild_id)
  const denied = channel.permission_overwrites?.some(
    (overwrite) => BigInt(overwrite.deny) & Permission.ViewChannel,
  )
  return !denied && everyone !== undefined && (BigInt(everyone.permissions) & Permission.ViewChannel) !== 0n
}

function privateGroups(state: State, channel: Channel): MemberGroup[] {
  const users = [
    ...(state.me ? [state.me] : []),
    ...(channel.recipients ?? []).map((user) => state.users[user.id] ?? user),
  ]
  const people = users.filter((user) => !isCharacter(user))
  const characters = users.filter(isCharacter)
  return [
    { key: 'people', name: null, users: people },
    { key: 'characters', name: null, users: characters },
  ].filter((group) => group.users.length > 0)
}
