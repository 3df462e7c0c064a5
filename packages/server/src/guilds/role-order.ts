import { ApiError } from '@convive/protocol/errors'
import type { Actor, App } from '../context.ts'
import { requirePermission } from './access.ts'
import { emitChanges, type GuildChange } from './bump.ts'
import { isAboveRole, sortRoles } from './hierarchy.ts'
import { lockGuildFor } from './locked.ts'
import type { GuildState, MemberState, RoleState } from './state.ts'
import { roleToWire, type WireRole } from './wire.ts'

export interface RoleMove {
  id: string
  position: number
}

/**
 * Orders roles anew. Needs MANAGE_ROLES; nothing at or above the actor's own highest role may move, nor anything past it.
 * Positions are numbered from the bottom afterwards; one GUILD_ROLE_UPDATE per role whose number changed.
 */
export async function moveRoles(
  app: App,
  actor: Actor,
  guildId: string,
  moves: readonly RoleMove[],
): Promise<WireRole[]> {
  return app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'ManageRoles')
    const order = reorder(locked.guild, moves)
    requireOwnPlace(locked.guild, locked.member, order)
    const roles = order.map((role, position) => ({ ...role, position }))
    const changes: GuildChange[] = []
    for (const role of roles) {
      if (locked.guild.roles.get(role.id)?.position === role.position) continue
      await tx.updateTable('roles').set({ position: role.position }).where('id', '=', role.id).execute()
      changes.push({ type: 'GUILD_ROLE_UPDATE', data: { guild_id: guildId, role: roleToWire(role) } })
    }
    await emitChanges(tx, guildId, changes)
    return roles.map(roleToWire)
  })
}

/** The guild's roles from the lowest: those that are moved are put in at their places, the others close up. */
export function reorder(guild: GuildState, moves: readonly RoleMove[]): RoleState[] {
  const places = new Map(moves.map((move) => [move.id, move.position]))
  for (const id of places.keys()) if (!guild.roles.has(id)) throw new ApiError('UnknownRole')
  places.delete(guild.guildId)
  const sorted = sortRoles(guild.roles.values(), guild.guildId)
  const order = sorted.filter((role) => !places.has(role.id))
  const moved = sorted.filter((role) => places.has(role.id))
  const place = (role: RoleState) => Math.max(1, places.get(role.id) ?? 1)
  for (const role of moved.sort((a, b) => place(a) - place(b))) order.splice(place(role), 0, role)
  return order
}

/** Throws MissingPermissions unless what stands at or above the member's highest role stands there as before. */
function requireOwnPlace(guild: GuildState, member: MemberState, order: readonly RoleState[]): void {
  const untouchable = (role: RoleState) => !isAboveRole(guild, member, role)
  const before = sortRoles(guild.roles.values(), guild.guildId).filter(untouchable)
  if (before.length === 0) return
  const top = order.slice(order.length - before.length)
  if (before.some((role, n) => role.id !== top[n]?.id)) throw new ApiError('MissingPermissions')
}
