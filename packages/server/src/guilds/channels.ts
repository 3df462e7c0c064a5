import { ApiError, invalid } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { channelPermissions, hasPermission, type Overwrite } from '@convive/protocol/permissions'
import type { Insertable } from 'kysely'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import type { Channels } from '../storage/schema.ts'
import { getGuildAccess, requirePermission } from './access.ts'
import { emitChanges, type GuildChange } from './bump.ts'
import { channelRowToWire } from './channel-rows.ts'
import { type LockedGuild, lockChannelFor, lockGuildFor } from './locked.ts'
import { requireMayOverwrite, storeOverwrites } from './overwrites.ts'
import type { ChannelState, GuildState } from './state.ts'
import { guildRow } from './state-load.ts'
import {
  GUILD_ANNOUNCEMENT,
  GUILD_CATEGORY,
  GUILD_TEXT,
  GUILD_VOICE,
  guildToWire,
  type WireChannel,
} from './wire.ts'

/** What a guild channel is made of or changed to. Absent: left as it is; null: the default. */
export interface ChannelInput {
  name?: string | undefined
  type?: number | null | undefined
  topic?: string | null | undefined
  position?: number | null | undefined
  nsfw?: boolean | null | undefined
  rateLimitPerUser?: number | null | undefined
  bitrate?: number | null | undefined
  userLimit?: number | null | undefined
  parentId?: string | null | undefined
  overwrites?: readonly Overwrite[] | null | undefined
}

const CHANNELS_PER_CATEGORY = 50
const DEFAULT_BITRATE = 64_000

/**
 * Makes a channel. Needs MANAGE_CHANNELS, in its category too; overwrites only of what the actor may do. Without
 * overwrites of its own it takes those of its category, so that nothing made in a hidden category is seen.
 */
export async function createChannel(
  app: App,
  actor: Actor,
  guildId: string,
  input: ChannelInput & { name: string },
): Promise<WireChannel> {
  return app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'ManageChannels')
    const { guild } = locked
    if (guild.channels.size >= LIMITS.channelsPerGuild) throw new ApiError('TooManyChannels')
    const type = input.type ?? GUILD_TEXT
    const parent = input.parentId ? requireCategory(app, locked, type, input.parentId) : null
    const overwrites = input.overwrites ?? parent?.overwrites ?? []
    if (input.overwrites) await requireMayOverwrite(app, tx, locked, parent?.overwrites ?? [], overwrites)
    const row = await tx
      .insertInto('channels')
      .values({
        position: nextPosition(guild, parent?.id ?? null),
        ...channelColumns(type, input),
        guild_id: guildId,
        type,
        parent_id: parent?.id ?? null,
        permission_overwrites: storeOverwrites(overwrites),
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    const wire = channelRowToWire(row)
    await emitChanges(tx, guildId, [{ type: 'CHANNEL_CREATE', data: wire }])
    return wire
  })
}

/** Changes a guild channel. Needs MANAGE_CHANNELS there, and MANAGE_ROLES for its overwrites. */
export async function editChannel(
  app: App,
  actor: Actor,
  channelId: string,
  input: ChannelInput,
): Promise<WireChannel> {
  const { guild } = await getGuildAccess(app, actor, channelId)
  return app.db.transact(async (tx) => {
    const locked = await lockChannelFor(app, tx, actor, guild.guildId, channelId)
    requirePermission(locked, 'ManageChannels')
    const { channel } = locked
    const type = input.type ?? channel.type
    requireTypeChange(channel.type, type)
    if (input.parentId && input.parentId !== channel.parentId)
      requireCategory(app, locked, type, input.parentId)
    if (input.overwrites) {
      requirePermission(locked, 'ManageRoles')
      await requireMayOverwrite(app, tx, locked, channel.overwrites, input.overwrites)
    }
    const row = await tx
      .updateTable('channels')
      .set({
        ...channelColumns(type, input),
        type,
        ...(input.parentId !== undefined && { parent_id: input.parentId }),
        ...(input.overwrites && { permission_overwrites: storeOverwrites(input.overwrites) }),
      })
      .where('id', '=', channelId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const wire = channelRowToWire(row)
    await emitChanges(tx, guild.guildId, [{ type: 'CHANNEL_UPDATE', data: wire }])
    return wire
  })
}

/**
 * Deletes a guild channel with all that was said in it. Needs MANAGE_CHANNELS there. A category's channels stay, without
 * a category. Returns it as it was.
 */
export async function deleteChannel(app: App, actor: Actor, channelId: string): Promise<WireChannel> {
  const { guild } = await getGuildAccess(app, actor, channelId)
  return app.db.transact(async (tx) => {
    const locked = await lockChannelFor(app, tx, actor, guild.guildId, channelId)
    requirePermission(locked, 'ManageChannels')
    const changes = await freeChildren(tx, channelId)
    changes.push(...(await forgetInGuild(tx, locked.guild, channelId)))
    const row = await tx
      .deleteFrom('channels')
      .where('id', '=', channelId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const wire = channelRowToWire(row)
    await emitChanges(tx, guild.guildId, [...changes, { type: 'CHANNEL_DELETE', data: wire }])
    return wire
  })
}

async function freeChildren(tx: Tx, categoryId: string): Promise<GuildChange[]> {
  const children = await tx
    .updateTable('channels')
    .set({ parent_id: null })
    .where('parent_id', '=', categoryId)
    .returningAll()
    .execute()
  return children.map((child) => ({ type: 'CHANNEL_UPDATE', data: channelRowToWire(child) }))
}

/** The guild names some of its channels for a purpose: not one that is gone. */
async function forgetInGuild(tx: Tx, guild: GuildState, channelId: string): Promise<GuildChange[]> {
  const { row } = guild
  const named = [row.systemChannelId, row.afkChannelId, row.rulesChannelId, row.publicUpdatesChannelId]
  if (!named.includes(channelId)) return []
  const keep = (id: string | null) => (id === channelId ? null : id)
  const after = await tx
    .updateTable('guilds')
    .set({
      system_channel_id: keep(row.systemChannelId),
      afk_channel_id: keep(row.afkChannelId),
      rules_channel_id: keep(row.rulesChannelId),
      public_updates_channel_id: keep(row.publicUpdatesChannelId),
    })
    .where('id', '=', guild.guildId)
    .returningAll()
    .executeTakeFirstOrThrow()
  return [{ type: 'GUILD_UPDATE', data: guildToWire({ ...guild, row: guildRow(after) }) }]
}

/** A category of the guild that has room and that the actor may manage. */
export function requireCategory(app: App, locked: LockedGuild, type: number, parentId: string): ChannelState {
  const { guild, member } = locked
  const parent = guild.channels.get(parentId)
  if (parent?.type !== GUILD_CATEGORY || type === GUILD_CATEGORY)
    throw invalid('parent_id', 'CHANNEL_PARENT_INVALID', 'Category does not exist')
  const permissions = channelPermissions(guild, member, parent.overwrites, app.now())
  if (!hasPermission(permissions, 'ManageChannels')) throw new ApiError('MissingPermissions')
  const children = [...guild.channels.values()].filter((channel) => channel.parentId === parentId)
  requireRoom(children.length + 1)
  return parent
}

/** Throws where a category would hold more channels than it may. */
export function requireRoom(children: number): void {
  if (children > CHANNELS_PER_CATEGORY)
    throw invalid(
      'parent_id',
      'CHANNEL_PARENT_MAX_CHANNELS',
      `Maximum number of channels in category reached (${CHANNELS_PER_CATEGORY})`,
    )
}

function requireTypeChange(from: number, to: number): void {
  const textual = (type: number) => type === GUILD_TEXT || type === GUILD_ANNOUNCEMENT
  if (from !== to && !(textual(from) && textual(to)))
    throw invalid(
      'type',
      'BASE_TYPE_CHOICES',
      'Only a text channel and an announcement channel become one another.',
    )
}

function channelColumns(type: number, input: ChannelInput): Partial<Insertable<Channels>> {
  return {
    ...(input.name !== undefined && { name: channelName(type, input.name) }),
    ...(input.topic !== undefined && { topic: input.topic || null }),
    ...(input.position != null && { position: input.position }),
    ...(input.nsfw !== undefined && { nsfw: input.nsfw ?? false }),
    ...(input.rateLimitPerUser !== undefined && { rate_limit_per_user: input.rateLimitPerUser ?? 0 }),
    ...(type === GUILD_VOICE && input.bitrate !== undefined && { bitrate: input.bitrate ?? DEFAULT_BITRATE }),
    ...(type === GUILD_VOICE && input.userLimit !== undefined && { user_limit: input.userLimit ?? 0 }),
  }
}

/** Discord's form: text channels are lower case, with dashes for spaces. */
function channelName(type: number, name: string): string {
  return type === GUILD_TEXT || type === GUILD_ANNOUNCEMENT ? name.toLowerCase().replace(/\s+/g, '-') : name
}

function nextPosition(guild: GuildState, parentId: string | null): number {
  const siblings = [...guild.channels.values()].filter((channel) => channel.parentId === parentId)
  return siblings.reduce((next, channel) => Math.max(next, channel.position + 1), 0)
}
