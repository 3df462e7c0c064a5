import { channelPermissions, hasPermission } from '@convive/protocol/permissions'
import type { ChannelState, GuildState, MemberState } from './state.ts'
import type { WireChannel, WireGuild, WireMember } from './wire.ts'

/** `d` of GUILD_CREATE for one user. https://discord.com/developers/docs/events/gateway-events#guild-create */
export interface GuildCreate extends WireGuild {
  joined_at: string
  large: boolean
  unavailable: false
  member_count: number
  channels: WireChannel[]
  threads: []
  members: WireMember[]
  /** The gateway knows who is connected and fills it. */
  presences: object[]
  voice_states: []
  stage_instances: []
  guild_scheduled_events: []
  soundboard_sounds: []
  embedded_activities: []
  activity_instances: []
  lazy: boolean
  version: number
}

/** Discord's own threshold where a client names none. */
export const DEFAULT_LARGE_THRESHOLD = 50

/** The channels that the member may see. */
export function visibleChannels(guild: GuildState, member: MemberState, nowMs: number): ChannelState[] {
  return [...guild.channels.values()].filter((channel) =>
    hasPermission(channelPermissions(guild, member, channel.overwrites, nowMs), 'ViewChannel'),
  )
}
