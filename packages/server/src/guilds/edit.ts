import { ApiError, invalid } from '@convive/protocol/errors'
import type { Updateable } from 'kysely'
import { readUser } from '../accounts/users.ts'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { saveImage } from '../storage/images.ts'
import type { Guilds } from '../storage/schema.ts'
import { getGuildFor, requirePermission } from './access.ts'
import { emitChanges } from './bump.ts'
import { type LockedGuild, lockGuildFor } from './locked.ts'
import { guildRow, loadMember } from './state-load.ts'
import { GUILD_ANNOUNCEMENT, GUILD_TEXT, GUILD_VOICE, guildToWire, type WireGuild } from './wire.ts'

/** What may be changed of a guild. Absent: left as it is; null: none, or the default. */
export interface EditGuild {
  name?: string | undefined
  /** Data URIs. */
  icon?: string | null | undefined
  banner?: string | null | undefined
  description?: string | null | undefined
  ownerId?: string | undefined
  preferredLocale?: string | null | undefined
  verificationLevel?: number | null | undefined
  defaultMessageNotifications?: number | null | undefined
  explicitContentFilter?: number | null | undefined
  afkChannelId?: string | null | undefined
  afkTimeout?: number | null | undefined
  systemChannelId?: string | null | undefined
  systemChannelFlags?: number | null | undefined
  rulesChannelId?: string | null | undefined
  publicUpdatesChannelId?: string | null | undefined
}

/** Changes a guild. Needs MANAGE_GUILD; only its owner gives it to another member. */
export async function editGuild(
  app: App,
  actor: Actor,
  guildId: string,
  input: EditGuild,
): Promise<WireGuild> {
  requirePermission(await getGuildFor(app, actor, guildId), 'ManageGuild')
  const icon = input.icon == null ? input.icon : await saveImage(app, 'icons', guildId, input.icon)
  const banner = input.banner == null ? input.banner : await saveImage(app, 'banners', guildId, input.banner)
  return app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'ManageGuild')
    if (input.ownerId !== undefined && input.ownerId !== locked.guild.ownerId)
      await requireHeir(tx, locked, input.ownerId)
    requireChannels(locked, input)
    const columns = {
      ...guildColumns(input),
      ...(icon !== undefined && { icon }),
      ...(banner !== undefined && { banner }),
    }
    if (Object.keys(columns).length === 0) return guildToWire(locked.guild)
    const row = await tx
      .updateTable('guilds')
      .set(columns)
      .where('id', '=', guildId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const wire = guildToWire({ ...locked.guild, ownerId: row.owner_id, row: guildRow(row) })
    await emitChanges(tx, guildId, [{ type: 'GUILD_UPDATE', data: wire }])
    return wire
  })
}

/** Deletes a guild with all that was said in it. For its owner. */
export async function deleteGuild(app: App, actor: Actor, guildId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const { guild } = await lockGuildFor(app, tx, actor, guildId)
    if (guild.ownerId !== actor.userId) throw new ApiError('MissingPermissions')
    await emitChanges(tx, guildId, [{ type: 'GUILD_DELETE', data: { id: guildId } }])
    await tx.deleteFrom('guilds').where('id', '=', guildId).execute()
  })
}

/** Only the owner gives the guild away, to a member who is a person, or to a bot. */
async function requireHeir(tx: Tx, locked: LockedGuild, ownerId: string): Promise<void> {
  const { guild, member } = locked
  if (guild.ownerId !== member.userId) throw new ApiError('MissingPermissions')
  if (!(await loadMember(tx, guild.guildId, ownerId))) throw new ApiError('UnknownMember')
  const heir = await readUser(tx, ownerId)
  if (heir?.kind === 'character')
    throw invalid('owner_id', 'OWNER_INVALID', 'A character cannot own a guild.')
}

/** A channel that the guild names for a purpose is one of its own, of the right type. */
function requireChannels(locked: LockedGuild, input: EditGuild): void {
  const textual = [GUILD_TEXT, GUILD_ANNOUNCEMENT]
  const named: [path: string, id: string | null | undefined, types: number[]][] = [
    ['system_channel_id', input.systemChannelId, textual],
    ['rules_channel_id', input.rulesChannelId, textual],
    ['public_updates_channel_id', input.publicUpdatesChannelId, textual],
    ['afk_channel_id', input.afkChannelId, [GUILD_VOICE]],
  ]
  for (const [path, id, types] of named) {
    if (id == null) continue
    const channel = locked.guild.channels.get(id)
    if (!channel || !types.includes(channel.type))
      throw invalid(path, 'CHANNEL_INVALID', 'No such channel of this type.')
  }
}

function guildColumns(input: EditGuild): Updateable<Guilds> {
  const columns: Updateable<Guilds> = {
    name: input.name,
    description: input.description,
    owner_id: input.ownerId,
    preferred_locale: orDefault(input.preferredLocale, 'en-US'),
    verification_level: orDefault(input.verificationLevel, 0),
    default_message_notifications: orDefault(input.defaultMessageNotifications, 0),
    explicit_content_filter: orDefault(input.explicitContentFilter, 0),
    afk_channel_id: input.afkChannelId,
    afk_timeout: orDefault(input.afkTimeout, 300),
    system_channel_id: input.systemChannelId,
    system_channel_flags: orDefault(input.systemChannelFlags, 0),
    rules_channel_id: input.rulesChannelId,
    public_updates_channel_id: input.publicUpdatesChannelId,
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}

function orDefault<T>(value: T | null | undefined, fallback: T): T | undefined {
  return value === null ? fallback : value
}
