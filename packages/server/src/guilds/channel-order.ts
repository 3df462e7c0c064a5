import { ApiError, invalid } from '@convive/protocol/errors'
import { channelPermissions, hasPermission } from '@convive/protocol/permissions'
import type { Actor, App } from '../context.ts'
import { requirePermission } from './access.ts'
import { emitChanges, type GuildChange } from './bump.ts'
import { channelRowToWire } from './channel-rows.ts'
import { requireCategory, requireRoom } from './channels.ts'
import { type LockedGuild, lockGuildFor } from './locked.ts'
import { requireMayOverwrite, storeOverwrites } from './overwrites.ts'
import type { ChannelState } from './state.ts'

export interface ChannelMove {
  id: string
  position?: number | null | undefined
  parentId?: string | null | undefined
  /** Take over the overwrites of the category. */
  lockPermissions?: boolean | null | undefined
}

/** Orders channels anew, and moves them between categories. Needs MANAGE_CHANNELS; one CHANNEL_UPDATE per channel that changed. */
export async function moveChannels(
  app: App,
  actor: Actor,
  guildId: string,
  moves: readonly ChannelMove[],
): Promise<void> {
  await app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'ManageChannels')
    requireRooms(locked, moves)
    const changes: GuildChange[] = []
    // Rows are locked in one order everywhere, so that two who move do not wait for one another.
    for (const move of [...moves].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))) {
      const after = moved(app, locked, move)
      if (!after) continue
      if (after.overwrites !== after.before.overwrites) {
        requirePermission(locked, 'ManageRoles')
        await requireMayOverwrite(app, tx, locked, after.before.overwrites, after.overwrites)
      }
      const row = await tx
        .updateTable('channels')
        .set({
          position: after.position,
          parent_id: after.parentId,
          permission_overwrites: storeOverwrites(after.overwrites),
        })
        .where('id', '=', move.id)
        .returningAll()
        .executeTakeFirstOrThrow()
      changes.push({ type: 'CHANNEL_UPDATE', data: channelRowToWire(row) })
    }
    await emitChanges(tx, guildId, changes)
  })
}

/** What is moved together is counted together. */
function requireRooms(locked: LockedGuild, moves: readonly ChannelMove[]): void {
  const parents = new Map([...locked.guild.channels.values()].map(({ id, parentId }) => [id, parentId]))
  const entered = new Set<string>()
  for (const { id, parentId } of moves) {
    if (parentId && parents.get(id) !== parentId) entered.add(parentId)
    if (parentId !== undefined) parents.set(id, parentId)
  }
  for (const category of entered) {
    requireRoom([...parents.values()].filter((parentId) => parentId === category).length)
  }
}

interface Moved {
  before: ChannelState
  position: number
  parentId: string | null
  overwrites: ChannelState['overwrites']
}

/** Where the channel goes; null if it stays. */
function moved(app: App, locked: LockedGuild, move: ChannelMove): Moved | null {
  const { guild, member } = locked
  const before = guild.channels.get(move.id)
  if (!before) throw invalid('id', 'CHANNEL_UNKNOWN', 'Unknown Channel')
  const parentId = move.parentId === undefined ? before.parentId : move.parentId
  const position = move.position ?? before.position
  const parent = parentId ? guild.channels.get(parentId) : undefined
  const elsewhere = parentId !== before.parentId
  if (elsewhere || move.lockPermissions) {
    const permissions = channelPermissions(guild, member, before.overwrites, app.now())
    if (!hasPermission(permissions, 'ManageChannels')) throw new ApiError('MissingPermissions')
  }
  if (elsewhere && parentId) requireCategory(app, locked, before.type, parentId)
  const overwrites = move.lockPermissions && parent ? parent.overwrites : before.overwrites
  if (!elsewhere && position === before.position && overwrites === before.overwrites) return null
  return { before, position, parentId, overwrites }
}
