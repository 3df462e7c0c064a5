import type { UserState } from '../accounts/users.ts'
import { userToWire, type WireUser } from '../accounts/wire.ts'
import type { ChannelState, GuildState, MemberState, RoleState } from './state.ts'
import type { StoredOverwrite } from './state-load.ts'

// Discord's objects, each built by one function. https://discord.com/developers/docs/resources/guild

export interface WireRole {
  id: string
  name: string
  color: number
  colors: { primary_color: number; secondary_color: null; tertiary_color: null }
  hoist: boolean
  icon: null
  unicode_emoji: string | null
  position: number
  permissions: string
  managed: boolean
  mentionable: boolean
  flags: number
  tags?: { bot_id: string }
}

export function roleToWire(role: RoleState): WireRole {
  return {
    id: role.id,
    name: role.name,
    color: role.color,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    hoist: role.hoist,
    icon: null,
    unicode_emoji: role.unicodeEmoji,
    position: role.position,
    permissions: String(role.permissions),
    managed: role.managed,
    mentionable: role.mentionable,
    flags: 0,
    ...(role.botId && { tags: { bot_id: role.botId } }),
  }
}

export interface WireChannel {
  id: string
  type: number
  guild_id: string
  name: string
  topic?: string | null
  position: number
  parent_id: string | null
  nsfw: boolean
  flags: number
  permission_overwrites: StoredOverwrite[]
  last_message_id?: string | null
  last_pin_timestamp?: string | null
  rate_limit_per_user?: number
  bitrate?: number
  user_limit?: number
  rtc_region?: null
}

export const GUILD_TEXT = 0
export const DM = 1
export const GUILD_VOICE = 2
export const GROUP_DM = 3
export const GUILD_CATEGORY = 4
export const GUILD_ANNOUNCEMENT = 5

/** `activity` is what changes with every message and is therefore not part of the state. */
export function channelToWire(
  channel: ChannelState,
  activity: { lastMessageId: string | null; lastPinAt: Date | null } = {
    lastMessageId: null,
    lastPinAt: null,
  },
): WireChannel {
  const base = {
    id: channel.id,
    type: channel.type,
    guild_id: channel.guildId,
    name: channel.name,
    position: channel.position,
    parent_id: channel.parentId,
    nsfw: channel.nsfw,
    flags: channel.flags,
    permission_overwrites: channel.overwrites.map((o) => ({
      id: o.id,
      type: o.type,
      allow: String(o.allow),
      deny: String(o.deny),
    })),
  }
  if (channel.type === GUILD_CATEGORY) return base
  const text = {
    ...base,
    topic: channel.topic,
    last_message_id: activity.lastMessageId,
    last_pin_timestamp: activity.lastPinAt?.toISOString() ?? null,
    rate_limit_per_user: channel.rateLimitPerUser,
  }
  if (channel.type !== GUILD_VOICE) return text
  return { ...text, bitrate: channel.bitrate ?? 64_000, user_limit: channel.userLimit ?? 0, rtc_region: null }
}

export interface WireGuild {
  id: string
  name: string
  icon: string | null
  banner: string | null
  splash: string | null
  discovery_splash: null
  description: string | null
  owner_id: string
  preferred_locale: string
  verification_level: number
  default_message_notifications: number
  explicit_content_filter: number
  nsfw_level: number
  nsfw: boolean
  mfa_level: number
  afk_channel_id: string | null
  afk_timeout: number
  system_channel_id: string | null
  system_channel_flags: number
  rules_channel_id: string | null
  public_updates_channel_id: string | null
  safety_alerts_channel_id: null
  features: string[]
  application_id: null
  roles: WireRole[]
  emojis: []
  stickers: []
  premium_tier: 0
  premium_subscription_count: 0
  premium_progress_bar_enabled: false
  vanity_url_code: null
  region: string
  widget_enabled: false
  widget_channel_id: null
  max_members: number
  max_presences: null
  max_video_channel_users: number
  max_stage_video_channel_users: number
  hub_type: null
  incidents_data: null
  home_header: null
}

export const MAX_MEMBERS = 500_000

export function guildToWire(guild: GuildState): WireGuild {
  const row = guild.row
  return {
    id: guild.guildId,
    name: row.name,
    icon: row.icon,
    banner: row.banner,
    splash: row.splash,
    discovery_splash: null,
    description: row.description,
    owner_id: guild.ownerId,
    preferred_locale: row.preferredLocale,
    verification_level: row.verificationLevel,
    default_message_notifications: row.defaultMessageNotifications,
    explicit_content_filter: row.explicitContentFilter,
    nsfw_level: row.nsfwLevel,
    nsfw: false,
    mfa_level: row.mfaLevel,
    afk_channel_id: row.afkChannelId,
    afk_timeout: row.afkTimeout,
    system_channel_id: row.systemChannelId,
    system_channel_flags: row.systemChannelFlags,
    rules_channel_id: row.rulesChannelId,
    public_updates_channel_id: row.publicUpdatesChannelId,
    safety_alerts_channel_id: null,
    features: [...row.features],
    application_id: null,
    roles: [...guild.roles.values()].sort((a, b) => a.position - b.position).map(roleToWire),
    emojis: [],
    stickers: [],
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    vanity_url_code: null,
    region: 'deprecated',
    widget_enabled: false,
    widget_channel_id: null,
    max_members: MAX_MEMBERS,
    max_presences: null,
    max_video_channel_users: 25,
    max_stage_video_channel_users: 50,
    hub_type: null,
    incidents_data: null,
    home_header: null,
  }
}

/** A member as messages carry it: without the user. */
export interface WireMemberPart {
  nick: string | null
  avatar: string | null
  banner: null
  roles: string[]
  joined_at: string
  premium_since: null
  deaf: boolean
  mute: boolean
  flags: number
  pending: false
  communication_disabled_until: string | null
}

export interface WireMember extends WireMemberPart {
  user: WireUser
}

export function memberPartToWire(member: MemberState): WireMemberPart {
  return {
    nick: member.nick,
    avatar: member.avatar,
    banner: null,
    roles: [...member.roleIds],
    joined_at: member.joinedAt,
    premium_since: null,
    deaf: member.deaf,
    mute: member.mute,
    flags: member.flags,
    pending: false,
    communication_disabled_until: member.timedOutUntilMs
      ? new Date(member.timedOutUntilMs).toISOString()
      : null,
  }
}

export function memberToWire(member: MemberState, user: UserState): WireMember {
  return { ...memberPartToWire(member), user: userToWire(user) }
}
