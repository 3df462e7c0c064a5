import type { Overwrite } from '@convive/protocol/permissions'
import type { Selectable } from 'kysely'
import type { Queryable } from '../storage/database.ts'
import type { Channels, Guilds, Members, Roles } from '../storage/schema.ts'
import type { ChannelState, GuildState, MemberState, RoleState } from './state.ts'

/** Overwrites as they are stored and sent: bits as decimal strings. */
export interface StoredOverwrite {
  id: string
  type: 0 | 1
  allow: string
  deny: string
}

/** A guild whole, in three key reads; null if there is none. */
export async function loadGuild(db: Queryable, guildId: string): Promise<GuildState | null> {
  // One snapshot: a change between two of the reads would give a state that never was.
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((tx) => readGuild(tx, guildId))
}

/** The same within a transaction of the caller's. */
export async function readGuild(db: Queryable, guildId: string): Promise<GuildState | null> {
  const row = await db.selectFrom('guilds').selectAll().where('id', '=', guildId).executeTakeFirst()
  if (!row) return null
  const roles = await db.selectFrom('roles').selectAll().where('guild_id', '=', guildId).execute()
  const channels = await db.selectFrom('channels').selectAll().where('guild_id', '=', guildId).execute()
  return {
    guildId,
    ownerId: row.owner_id,
    version: BigInt(row.version),
    row: guildRow(row),
    roles: new Map(roles.map((role) => [role.id, roleState(role)])),
    channels: new Map(channels.map((channel) => [channel.id, channelState(channel)])),
  }
}

export async function loadMember(
  db: Queryable,
  guildId: string,
  userId: string,
): Promise<MemberState | null> {
  const row = await db
    .selectFrom('members')
    .selectAll()
    .where('guild_id', '=', guildId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row ? memberState(row) : null
}

export function guildRow(row: Selectable<Guilds>): GuildState['row'] {
  return {
    name: row.name,
    icon: row.icon,
    banner: row.banner,
    splash: row.splash,
    description: row.description,
    preferredLocale: row.preferred_locale,
    verificationLevel: row.verification_level,
    defaultMessageNotifications: row.default_message_notifications,
    explicitContentFilter: row.explicit_content_filter,
    nsfwLevel: row.nsfw_level,
    mfaLevel: row.mfa_level,
    afkChannelId: row.afk_channel_id,
    afkTimeout: row.afk_timeout,
    systemChannelId: row.system_channel_id,
    systemChannelFlags: row.system_channel_flags,
    rulesChannelId: row.rules_channel_id,
    publicUpdatesChannelId: row.public_updates_channel_id,
    features: row.features,
  }
}

export function roleState(row: Selectable<Roles>): RoleState {
  return {
    id: row.id,
    name: row.name,
    color: row.color,
    hoist: row.hoist,
    position: row.position,
    permissions: BigInt(row.permissions),
    mentionable: row.mentionable,
    managed: row.managed,
    botId: row.bot_id,
    unicodeEmoji: row.unicode_emoji,
  }
}

export function channelState(row: Selectable<Channels>): ChannelState {
  return {
    id: row.id,
    guildId: row.guild_id ?? '',
    type: row.type,
    name: row.name ?? '',
    topic: row.topic,
    position: row.position,
    parentId: row.parent_id,
    nsfw: row.nsfw,
    rateLimitPerUser: row.rate_limit_per_user,
    bitrate: row.bitrate,
    userLimit: row.user_limit,
    overwrites: (row.permission_overwrites as unknown as StoredOverwrite[]).map(readOverwrite),
    flags: row.flags,
  }
}

export function readOverwrite(stored: StoredOverwrite): Overwrite {
  return { id: stored.id, type: stored.type, allow: BigInt(stored.allow), deny: BigInt(stored.deny) }
}

export function memberState(row: Selectable<Members>): MemberState {
  return {
    guildId: row.guild_id,
    userId: row.user_id,
    nick: row.nick,
    avatar: row.avatar,
    roleIds: row.role_ids,
    deaf: row.deaf,
    mute: row.mute,
    flags: row.flags,
    joinedAt: row.joined_at.toISOString(),
    timedOutUntilMs: row.timed_out_until?.getTime() ?? null,
  }
}
