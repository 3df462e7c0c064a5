import type { UserState } from '../accounts/users.ts'
import { userToWire, type WireUser } from '../accounts/wire.ts'
import type { GuildCounts } from './counts.ts'
import type { InviteRow } from './invites.ts'
import type { ChannelState, GuildState } from './state.ts'

/** https://discord.com/developers/docs/resources/invite */
export interface WireInvite {
  type: 0
  code: string
  guild_id: string
  guild: {
    id: string
    name: string
    splash: string | null
    banner: string | null
    description: string | null
    icon: string | null
    features: string[]
    verification_level: number
    vanity_url_code: null
    nsfw_level: number
    nsfw: boolean
    premium_subscription_count: number
  }
  channel: { id: string; type: number; name: string }
  inviter?: WireUser
  expires_at: string | null
  flags: number
  approximate_member_count?: number
  approximate_presence_count?: number
  uses?: number
  max_uses?: number
  max_age?: number
  temporary?: boolean
  created_at?: string
}

export interface InviteFacts {
  guild: GuildState
  channel: ChannelState
  inviter?: UserState | undefined
  counts?: GuildCounts | undefined
  /** Uses and limits: for those who manage the guild, and for who made it. */
  metadata: boolean
}

export function inviteToWire(row: InviteRow, facts: InviteFacts): WireInvite {
  const { guild, channel, inviter, counts } = facts
  return {
    type: 0,
    code: row.code,
    guild_id: guild.guildId,
    guild: {
      id: guild.guildId,
      name: guild.row.name,
      splash: guild.row.splash,
      banner: guild.row.banner,
      description: guild.row.description,
      icon: guild.row.icon,
      features: [...guild.row.features],
      verification_level: guild.row.verificationLevel,
      vanity_url_code: null,
      nsfw_level: guild.row.nsfwLevel,
      nsfw: false,
      premium_subscription_count: 0,
    },
    channel: { id: channel.id, type: channel.type, name: channel.name },
    ...(inviter && { inviter: userToWire(inviter) }),
    expires_at: row.expires_at?.toISOString() ?? null,
    flags: 0,
    ...(counts && { approximate_member_count: counts.members, approximate_presence_count: counts.online }),
    ...(facts.metadata && {
      uses: row.uses,
      max_uses: row.max_uses,
      max_age: row.max_age,
      temporary: row.temporary,
      created_at: row.created_at.toISOString(),
    }),
  }
}
