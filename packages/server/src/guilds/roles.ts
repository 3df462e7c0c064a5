import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { sql } from 'kysely'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { requirePermission } from './access.ts'
import { emitChanges, type GuildChange } from './bump.ts'
import { channelRowToWire } from './channel-rows.ts'
import { requireAboveRole } from './hierarchy.ts'
import { type LockedGuild, lockGuild, lockGuildFor } from './locked.ts'
import { storeOverwrites } from './overwrites.ts'
import type { GuildState, RoleState } from './state.ts'
import { roleState } from './state-load.ts'
import { roleToWire, type WireRole } from './wire.ts'

/** What a role is made of or changed to. Absent: left as it is. */
export interface RoleInput {
  name?: string | undefined
  color?: number | undefined
  hoist?: boolean | undefined
  mentionable?: boolean | undefined
  permissions?: bigint | undefined
  unicodeEmoji?: string | null | undefined
}

/** New roles stand right above `@everyone`, below every older one of the same position. */
const NEW_ROLE_POSITION = 1

/** Makes a role at the bottom. Needs MANAGE_ROLES, and every permission that the role gets. */
export async function createRole(
  app: App,
  actor: Actor,
  guildId: string,
  input: RoleInput,
): Promise<WireRole> {
  return app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'ManageRoles')
    const permissions = input.permissions ?? locked.guild.roles.get(guildId)?.permissions ?? 0n
    if (input.permissions !== undefined) requireGrantable(locked, 0n, input.permissions)
    return insertRole(tx, locked.guild, { name: 'new role', ...input, permissions })
  })
}

/** The role that a bot brings along: named for it, held by it alone, gone with it. Whoever calls has checked the permissions. */
export async function createBotRole(
  tx: Tx,
  guildId: string,
  bot: { id: string; name: string; permissions: bigint },
): Promise<WireRole> {
  const guild = await lockGuild(tx, guildId)
  return insertRole(tx, guild, { name: bot.name, permissions: bot.permissions }, bot.id)
}

async function insertRole(
  tx: Tx,
  guild: GuildState,
  input: RoleInput,
  botId: string | null = null,
): Promise<WireRole> {
  if (guild.roles.size >= LIMITS.rolesPerGuild) throw new ApiError('TooManyRoles')
  const row = await tx
    .insertInto('roles')
    .values({
      ...roleColumns(input),
      name: input.name ?? 'new role',
      guild_id: guild.guildId,
      position: NEW_ROLE_POSITION,
      managed: botId !== null,
      bot_id: botId,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const role = roleToWire(roleState(row))
  await emitChanges(tx, guild.guildId, [
    { type: 'GUILD_ROLE_CREATE', data: { guild_id: guild.guildId, role } },
  ])
  return role
}

/** Changes a role. Needs MANAGE_ROLES, a higher role, and every permission that is added. */
export async function editRole(
  app: App,
  actor: Actor,
  guildId: string,
  roleId: string,
  input: RoleInput,
): Promise<WireRole> {
  return app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    const before = requireManageable(locked, roleId)
    if (input.permissions !== undefined) requireGrantable(locked, before.permissions, input.permissions)
    const everyone = roleId === guildId
    const columns = roleColumns(
      everyone ? { permissions: input.permissions, mentionable: input.mentionable } : input,
    )
    if (Object.keys(columns).length === 0) return roleToWire(before)
    const row = await tx
      .updateTable('roles')
      .set(columns)
      .where('id', '=', roleId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const role = roleToWire(roleState(row))
    await emitChanges(tx, guildId, [{ type: 'GUILD_ROLE_UPDATE', data: { guild_id: guildId, role } }])
    return role
  })
}

/** Deletes a role and takes it from its members and channels. Needs MANAGE_ROLES and a higher role. */
export async function deleteRole(app: App, actor: Actor, guildId: string, roleId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    const role = requireManageable(locked, roleId)
    if (role.managed || roleId === guildId) throw new ApiError('InvalidRole')
    await emitChanges(tx, guildId, await dropRole(tx, locked.guild, roleId))
  })
}

/** Deletes the role's row and all that refers to it; the caller publishes the changes. */
export async function dropRole(tx: Tx, guild: GuildState, roleId: string): Promise<GuildChange[]> {
  const { guildId } = guild
  const changes: GuildChange[] = []
  await tx.deleteFrom('roles').where('id', '=', roleId).execute()
  await sql`UPDATE members SET role_ids = array_remove(role_ids, ${roleId}::bigint)
    WHERE guild_id = ${guildId} AND role_ids @> ARRAY[${roleId}::bigint]`.execute(tx)
  const channels = [...guild.channels.values()].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  for (const channel of channels) {
    const kept = channel.overwrites.filter((overwrite) => overwrite.id !== roleId)
    if (kept.length === channel.overwrites.length) continue
    const row = await tx
      .updateTable('channels')
      .set({ permission_overwrites: storeOverwrites(kept) })
      .where('id', '=', channel.id)
      .returningAll()
      .executeTakeFirstOrThrow()
    changes.push({ type: 'CHANNEL_UPDATE', data: channelRowToWire(row) })
  }
  // Last: until then the role still stands behind its overwrites.
  changes.push({ type: 'GUILD_ROLE_DELETE', data: { guild_id: guildId, role_id: roleId } })
  return changes
}

function requireManageable(locked: LockedGuild, roleId: string): RoleState {
  requirePermission(locked, 'ManageRoles')
  const role = locked.guild.roles.get(roleId)
  if (!role) throw new ApiError('UnknownRole')
  requireAboveRole(locked.guild, locked.member, role)
  return role
}

/** Nobody gives what they have not. */
function requireGrantable(locked: LockedGuild, before: bigint, after: bigint): void {
  if (after & ~before & ~locked.permissions) throw new ApiError('MissingPermissions')
}

function roleColumns(input: RoleInput) {
  return {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.color !== undefined && { color: input.color }),
    ...(input.hoist !== undefined && { hoist: input.hoist }),
    ...(input.mentionable !== undefined && { mentionable: input.mentionable }),
    ...(input.permissions !== undefined && { permissions: input.permissions }),
    ...(input.unicodeEmoji !== undefined && { unicode_emoji: input.unicodeEmoji }),
  }
}
