import { ApiError } from '@convive/protocol/errors'
import { compareSnowflakes } from '@convive/protocol/snowflakes'
import type { GuildState, MemberState, RoleState } from './state.ts'

/**
 * Order of two roles: positive if `a` is above `b`. Of two with one position the older is above.
 * https://discord.com/developers/docs/topics/permissions#permission-hierarchy
 */
export function compareRoles(a: RoleState, b: RoleState): number {
  return a.position - b.position || compareSnowflakes(b.id, a.id)
}

/** Roles from the lowest, `@everyone`, to the highest. */
export function sortRoles(roles: Iterable<RoleState>, guildId: string): RoleState[] {
  return [...roles].sort((a, b) => Number(b.id === guildId) - Number(a.id === guildId) || compareRoles(a, b))
}

/** The member's highest role; null for one who has `@everyone` alone. */
export function highestRole(guild: GuildState, member: MemberState): RoleState | null {
  let highest: RoleState | null = null
  for (const id of member.roleIds) {
    const role = guild.roles.get(id)
    if (role && id !== guild.guildId && (!highest || compareRoles(role, highest) > 0)) highest = role
  }
  return highest
}

/** Whether `actor` may act on `target`: the owner on everybody else, others on those whose highest role is lower. */
export function isAbove(guild: GuildState, actor: MemberState, target: MemberState): boolean {
  if (actor.userId === target.userId || target.userId === guild.ownerId) return false
  if (actor.userId === guild.ownerId) return true
  const own = highestRole(guild, actor)
  const theirs = highestRole(guild, target)
  return own !== null && (theirs === null || compareRoles(own, theirs) > 0)
}

/** Whether the role is below the member's highest, so that the member may change it or give it away. */
export function isAboveRole(guild: GuildState, member: MemberState, role: RoleState): boolean {
  if (member.userId === guild.ownerId || role.id === guild.guildId) return true
  const own = highestRole(guild, member)
  return own !== null && compareRoles(own, role) > 0
}

export function requireAbove(guild: GuildState, actor: MemberState, target: MemberState): void {
  if (!isAbove(guild, actor, target)) throw new ApiError('MissingPermissions')
}

export function requireAboveRole(guild: GuildState, member: MemberState, role: RoleState): void {
  if (!isAboveRole(guild, member, role)) throw new ApiError('MissingPermissions')
}
