import { ApiError } from '@convive/protocol/errors'
import {
  channelPermissions,
  DM_PERMISSIONS,
  guildPermissions,
  hasPermission,
  type PermissionName,
} from '@convive/protocol/permissions'
import type { Actor, App } from '../context.ts'
import type { ChannelState, GuildState, MemberState } from './state.ts'
import { DM } from './wire.ts'

/** A guild's channel together with what the actor may do there. */
export interface GuildAccess {
  kind: 'guild'
  channelId: string
  guild: GuildState
  channel: ChannelState
  member: MemberState
  permissions: bigint
}

/** A DM or group DM that the actor is in. */
export interface PrivateAccess {
  kind: 'private'
  channelId: string
  channel: PrivateChannel
  permissions: bigint
}

export type Access = GuildAccess | PrivateAccess

export interface PrivateChannel {
  id: string
  type: number
  name: string | null
  icon: string | null
  ownerId: string | null
  recipientIds: readonly string[]
  /** Recipients whose list does not show the channel: a message shows it again. */
  closedFor: readonly string[]
}

/** The guild that the actor is a member of. Throws UnknownGuild, so that strangers cannot tell whether it exists. */
export async function getGuildFor(
  app: App,
  actor: Actor,
  guildId: string,
): Promise<{ guild: GuildState; member: MemberState; permissions: bigint }> {
  const guild = await app.guilds.find(guildId)
  if (!guild) throw new ApiError('UnknownGuild')
  const member = await app.guilds.findMember(guildId, actor.userId)
  if (!member) throw new ApiError(actor.kind === 'person' ? 'UnknownGuild' : 'MissingAccess')
  return { guild, member, permissions: guildPermissions(guild, member, app.now()) }
}

/**
 * The channel with the actor's permissions in it. Throws UnknownChannel where there is none, MissingAccess where the
 * actor may not see it.
 */
export async function getAccess(app: App, actor: Actor, channelId: string): Promise<Access> {
  const guildId = await app.guilds.findHome(channelId)
  if (guildId === null) throw new ApiError('UnknownChannel')
  if (guildId === '') return getPrivateAccess(app, actor, channelId)
  const guild = await app.guilds.find(guildId)
  const channel = guild?.channels.get(channelId)
  if (!guild || !channel) throw new ApiError('UnknownChannel')
  const member = await app.guilds.findMember(guildId, actor.userId)
  if (!member) throw new ApiError('MissingAccess')
  const permissions = channelPermissions(guild, member, channel.overwrites, app.now())
  if (!hasPermission(permissions, 'ViewChannel')) throw new ApiError('MissingAccess')
  return { kind: 'guild', channelId, guild, channel, member, permissions }
}

/** The same, for guild channels only: DMs answer CannotExecuteOnDm. */
export async function getGuildAccess(app: App, actor: Actor, channelId: string): Promise<GuildAccess> {
  const access = await getAccess(app, actor, channelId)
  if (access.kind !== 'guild') throw new ApiError('CannotExecuteOnDm')
  return access
}

/** Throws MissingPermissions unless every one of `needed` is there. */
export function requirePermission(has: { permissions: bigint }, ...needed: PermissionName[]): void {
  for (const name of needed)
    if (!hasPermission(has.permissions, name)) throw new ApiError('MissingPermissions')
}

async function getPrivateAccess(app: App, actor: Actor, channelId: string): Promise<PrivateAccess> {
  const channel = await findPrivateChannel(app, channelId)
  if (!channel) throw new ApiError('UnknownChannel')
  if (!channel.recipientIds.includes(actor.userId)) throw new ApiError('MissingAccess')
  return { kind: 'private', channelId, channel, permissions: DM_PERMISSIONS }
}

/** A DM or group DM with everybody in it; null if there is none. One query. */
export async function findPrivateChannel(app: App, channelId: string): Promise<PrivateChannel | null> {
  const rows = await app.db
    .selectFrom('channels')
    .innerJoin('channel_recipients', 'channel_recipients.channel_id', 'channels.id')
    .select([
      'channels.id',
      'type',
      'name',
      'icon',
      'owner_id',
      'channel_recipients.user_id',
      'channel_recipients.closed',
    ])
    .where('channels.id', '=', channelId)
    .execute()
  const first = rows[0]
  if (!first) return null
  return {
    id: first.id,
    type: first.type,
    name: first.name,
    icon: first.icon,
    ownerId: first.owner_id,
    recipientIds: rows.map((row) => row.user_id),
    closedFor: rows.filter((row) => row.closed).map((row) => row.user_id),
  }
}

export function isDm(access: Access): boolean {
  return access.kind === 'private' && access.channel.type === DM
}
