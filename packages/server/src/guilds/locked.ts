import { ApiError } from '@convive/protocol/errors'
import { channelPermissions, guildPermissions, hasPermission } from '@convive/protocol/permissions'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import type { ChannelState, GuildState, MemberState } from './state.ts'
import { loadMember, readGuild } from './state-load.ts'

/** A guild as it is in the database, held against other changes, and what the actor may do in it. */
export interface LockedGuild {
  guild: GuildState
  member: MemberState
  permissions: bigint
}

/** The same for one of its channels: `permissions` are the actor's in the channel. */
export interface LockedChannel extends LockedGuild {
  channel: ChannelState
}

/** Locks the guild until the commit, then reads it. Throws UnknownGuild. */
export async function lockGuild(tx: Tx, guildId: string): Promise<GuildState> {
  // NO KEY: rows that refer to the guild can still be written meanwhile.
  await tx.selectFrom('guilds').select('id').where('id', '=', guildId).forNoKeyUpdate().execute()
  const guild = await readGuild(tx, guildId)
  if (!guild) throw new ApiError('UnknownGuild')
  return guild
}

/** The same for a member who wants to change something. Throws as getGuildFor does. */
export async function lockGuildFor(app: App, tx: Tx, actor: Actor, guildId: string): Promise<LockedGuild> {
  const guild = await lockGuild(tx, guildId)
  const member = await loadMember(tx, guildId, actor.userId)
  if (!member) throw new ApiError(actor.kind === 'person' ? 'UnknownGuild' : 'MissingAccess')
  return { guild, member, permissions: guildPermissions(guild, member, app.now()) }
}

/** The same for a change of one channel. Throws UnknownChannel, or MissingAccess where the actor may not see it. */
export async function lockChannelFor(
  app: App,
  tx: Tx,
  actor: Actor,
  guildId: string,
  channelId: string,
): Promise<LockedChannel> {
  const { guild, member } = await lockGuildFor(app, tx, actor, guildId)
  const channel = guild.channels.get(channelId)
  if (!channel) throw new ApiError('UnknownChannel')
  const permissions = channelPermissions(guild, member, channel.overwrites, app.now())
  if (!hasPermission(permissions, 'ViewChannel')) throw new ApiError('MissingAccess')
  return { guild, member, channel, permissions }
}
