import { ApiError, invalid } from '@convive/protocol/errors'
import { ALL_PERMISSIONS, guildPermissions, type Overwrite, Permission } from '@convive/protocol/permissions'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { getGuildAccess, requirePermission } from './access.ts'
import { emitChanges } from './bump.ts'
import { channelRowToWire } from './channel-rows.ts'
import { type LockedGuild, lockChannelFor } from './locked.ts'

/** Discord's limit of overwrites in one body. */
export const OVERWRITES_PER_CHANNEL = 100

/** Sets what a role (type 0) or member (type 1) may do in the channel. Needs MANAGE_ROLES there, and every bit that changes. */
export async function putOverwrite(
  app: App,
  actor: Actor,
  channelId: string,
  overwrite: Overwrite,
): Promise<void> {
  await changeOverwrites(app, actor, channelId, (before) => [
    ...before.filter((other) => other.id !== overwrite.id),
    overwrite,
  ])
}

/** Takes an overwrite away. Throws UnknownOverwrite. */
export async function deleteOverwrite(
  app: App,
  actor: Actor,
  channelId: string,
  overwriteId: string,
): Promise<void> {
  await changeOverwrites(app, actor, channelId, (before) => {
    if (!before.some((other) => other.id === overwriteId)) throw new ApiError('UnknownOverwrite')
    return before.filter((other) => other.id !== overwriteId)
  })
}

async function changeOverwrites(
  app: App,
  actor: Actor,
  channelId: string,
  change: (before: readonly Overwrite[]) => Overwrite[],
): Promise<void> {
  const { guild } = await getGuildAccess(app, actor, channelId)
  await app.db.transact(async (tx) => {
    const locked = await lockChannelFor(app, tx, actor, guild.guildId, channelId)
    requirePermission(locked, 'ManageRoles')
    const after = change(locked.channel.overwrites)
    if (after.length > OVERWRITES_PER_CHANNEL)
      throw invalid(
        'id',
        'BASE_TYPE_MAX_LENGTH',
        `A channel has at most ${OVERWRITES_PER_CHANNEL} overwrites.`,
      )
    await requireMayOverwrite(app, tx, locked, locked.channel.overwrites, after)
    const row = await tx
      .updateTable('channels')
      .set({ permission_overwrites: storeOverwrites(after) })
      .where('id', '=', channelId)
      .returningAll()
      .executeTakeFirstOrThrow()
    await emitChanges(tx, guild.guildId, [{ type: 'CHANNEL_UPDATE', data: channelRowToWire(row) }])
  })
}

/**
 * Nobody grants or denies what they may not do themselves, in the guild or in the channel (`permissions` of `locked`);
 * "manage permissions" is given by administrators only. What stays as it was is not asked about. Throws
 * MissingPermissions, or UnknownOverwrite for a new one whose role or member is not in the guild.
 */
export async function requireMayOverwrite(
  app: App,
  tx: Tx,
  locked: LockedGuild,
  before: readonly Overwrite[],
  after: readonly Overwrite[],
): Promise<void> {
  const own = locked.permissions | guildPermissions(locked.guild, locked.member, app.now())
  const may = own === ALL_PERMISSIONS ? own : own & ~Permission.ManageRoles
  if (changedBits(before, after) & ~may) throw new ApiError('MissingPermissions')

  const known = new Map(before.map((overwrite) => [overwrite.id, overwrite.type]))
  const added = after.filter((overwrite) => known.get(overwrite.id) !== overwrite.type)
  if (added.some((overwrite) => overwrite.type === 0 && !locked.guild.roles.has(overwrite.id)))
    throw new ApiError('UnknownOverwrite')
  const userIds = added.filter((overwrite) => overwrite.type === 1).map((overwrite) => overwrite.id)
  if (userIds.length === 0) return
  const members = await tx
    .selectFrom('members')
    .select('user_id')
    .where('guild_id', '=', locked.guild.guildId)
    .where('user_id', 'in', userIds)
    .execute()
  if (members.length < new Set(userIds).size) throw new ApiError('UnknownOverwrite')
}

/** Every bit that is allowed or denied in one and not in the other. */
export function changedBits(before: readonly Overwrite[], after: readonly Overwrite[]): bigint {
  const old = new Map(before.map((overwrite) => [overwrite.id, overwrite]))
  let changed = 0n
  for (const overwrite of after) {
    const was = old.get(overwrite.id)
    old.delete(overwrite.id)
    changed |= (overwrite.allow ^ (was?.allow ?? 0n)) | (overwrite.deny ^ (was?.deny ?? 0n))
  }
  for (const gone of old.values()) changed |= gone.allow | gone.deny
  return changed
}

/** As the column holds them. */
export function storeOverwrites(overwrites: readonly Overwrite[]): string {
  return JSON.stringify(
    overwrites.map((o) => ({ id: o.id, type: o.type, allow: String(o.allow), deny: String(o.deny) })),
  )
}
