import type { Audience } from '../bus/bus.ts'
import type { Access } from '../guilds/access.ts'

/** Everybody who may see the channel. */
export function channelAudience(access: Access): Audience {
  return access.kind === 'guild'
    ? { guildId: access.guild.guildId, channelId: access.channelId }
    : { userIds: access.channel.recipientIds }
}

/** `guild_id` for an event's data; DMs have none. */
export function guildIdOf(access: Access): { guild_id?: string } {
  return access.kind === 'guild' ? { guild_id: access.guild.guildId } : {}
}

/** The version that the access was checked against, for the event. */
export function versionOf(access: Access): { version?: string } {
  return access.kind === 'guild' ? { version: String(access.guild.version) } : {}
}
