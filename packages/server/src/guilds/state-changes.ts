import type { BusEvent } from '../bus/bus.ts'
import type { ChannelState, GuildState, RoleState } from './state.ts'
import { readOverwrite, type StoredOverwrite } from './state-load.ts'
import type { WireChannel, WireGuild, WireRole } from './wire.ts'

/** The guild after one of its own change events. Pure; maps that do not change are shared. */
export function applyChange(state: GuildState, event: BusEvent, version: bigint): GuildState | null {
  switch (event.type) {
    case 'GUILD_UPDATE':
      return { ...changeGuild(state, event.data as WireGuild), version }
    case 'GUILD_DELETE':
      return null
    case 'GUILD_ROLE_CREATE':
    case 'GUILD_ROLE_UPDATE': {
      const { role } = event.data as { role: WireRole }
      return { ...state, version, roles: new Map(state.roles).set(role.id, roleFromWire(role)) }
    }
    case 'GUILD_ROLE_DELETE': {
      const roles = new Map(state.roles)
      roles.delete((event.data as { role_id: string }).role_id)
      return { ...state, version, roles }
    }
    case 'CHANNEL_CREATE':
    case 'CHANNEL_UPDATE': {
      const channel = channelFromWire(event.data as WireChannel)
      return { ...state, version, channels: new Map(state.channels).set(channel.id, channel) }
    }
    case 'CHANNEL_DELETE': {
      const channels = new Map(state.channels)
      channels.delete((event.data as WireChannel).id)
      return { ...state, version, channels }
    }
    default:
      return { ...state, version }
  }
}

function changeGuild(state: GuildState, wire: WireGuild): GuildState {
  return {
    ...state,
    ownerId: wire.owner_id,
    row: {
      name: wire.name,
      icon: wire.icon,
      banner: wire.banner,
      splash: wire.splash,
      description: wire.description,
      preferredLocale: wire.preferred_locale,
      verificationLevel: wire.verification_level,
      defaultMessageNotifications: wire.default_message_notifications,
      explicitContentFilter: wire.explicit_content_filter,
      nsfwLevel: wire.nsfw_level,
      mfaLevel: wire.mfa_level,
      afkChannelId: wire.afk_channel_id,
      afkTimeout: wire.afk_timeout,
      systemChannelId: wire.system_channel_id,
      systemChannelFlags: wire.system_channel_flags,
      rulesChannelId: wire.rules_channel_id,
      publicUpdatesChannelId: wire.public_updates_channel_id,
      features: wire.features,
    },
  }
}

function roleFromWire(role: WireRole): RoleState {
  return {
    id: role.id,
    name: role.name,
    color: role.color,
    hoist: role.hoist,
    position: role.position,
    permissions: BigInt(role.permissions),
    mentionable: role.mentionable,
    managed: role.managed,
    botId: role.tags?.bot_id ?? null,
    unicodeEmoji: role.unicode_emoji,
  }
}

function channelFromWire(channel: WireChannel): ChannelState {
  return {
    id: channel.id,
    guildId: channel.guild_id,
    type: channel.type,
    name: channel.name,
    topic: channel.topic ?? null,
    position: channel.position,
    parentId: channel.parent_id,
    nsfw: channel.nsfw,
    rateLimitPerUser: channel.rate_limit_per_user ?? 0,
    bitrate: channel.bitrate ?? null,
    userLimit: channel.user_limit ?? null,
    overwrites: (channel.permission_overwrites as StoredOverwrite[]).map(readOverwrite),
    flags: channel.flags,
  }
}
