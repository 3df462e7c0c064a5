import { ApiError } from '@convive/protocol/errors'
import { channelPermissions, hasPermission } from '@convive/protocol/permissions'
import type { App } from '../context.ts'
import { channelsToWire, readActivity } from './channel-rows.ts'
import type { ChannelState, GuildState, MemberState } from './state.ts'
import { memberState } from './state-load.ts'
import { guildToWire, memberToWire, type WireChannel, type WireGuild, type WireMember } from './wire.ts'

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

export interface SnapshotOptions {
  /**
   * Which members come along beside the user's own: none; a few (FEW_MEMBERS, characters first); or, given a number
   * (Identify's large_threshold), all of a guild that has no more than that, else a few.
   */
  members: 'none' | 'few' | number
}

const FEW_MEMBERS = 100
/** Discord's own threshold where a client names none. */
export const DEFAULT_LARGE_THRESHOLD = 50

/**
 * What a member is told of a guild at once: itself, the channels that the member may see, some members. Six queries at
 * most, whatever the size. Throws UnknownGuild for one who is not a member.
 */
export async function loadGuildCreate(
  app: App,
  guildId: string,
  userId: string,
  options: SnapshotOptions,
): Promise<GuildCreate> {
  const guild = await app.guilds.find(guildId)
  const own = guild && (await app.guilds.findMember(guildId, userId))
  if (!guild || !own) throw new ApiError('UnknownGuild')
  const [activity, memberCount] = await Promise.all([
    readActivity(app.db, guildId),
    readMemberCount(app, guildId),
  ])
  const threshold = typeof options.members === 'number' ? options.members : DEFAULT_LARGE_THRESHOLD
  const members = await loadMembers(app, own, memberCount, options.members)
  return {
    ...guildWire(guild),
    joined_at: own.joinedAt,
    large: memberCount > threshold,
    unavailable: false,
    member_count: memberCount,
    channels: channelsToWire(visibleChannels(guild, own, app.now()), activity),
    threads: [],
    members,
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    embedded_activities: [],
    activity_instances: [],
    lazy: true,
    version: Number(guild.version),
  }
}

/** The channels that the member may see. */
export function visibleChannels(guild: GuildState, member: MemberState, nowMs: number): ChannelState[] {
  return [...guild.channels.values()].filter((channel) =>
    hasPermission(channelPermissions(guild, member, channel.overwrites, nowMs), 'ViewChannel'),
  )
}

const wires = new WeakMap<GuildState, WireGuild>()

/** The guild's wire object, made once for each state of it: the same for every member. */
function guildWire(guild: GuildState): WireGuild {
  let wire = wires.get(guild)
  if (!wire) {
    wire = guildToWire(guild)
    wires.set(guild, wire)
  }
  return wire
}

async function readMemberCount(app: App, guildId: string): Promise<number> {
  const row = await app.db
    .selectFrom('guilds')
    .select('member_count')
    .where('id', '=', guildId)
    .executeTakeFirst()
  return row?.member_count ?? 0
}

async function loadMembers(
  app: App,
  own: MemberState,
  memberCount: number,
  wanted: SnapshotOptions['members'],
): Promise<WireMember[]> {
  const states = [own]
  if (wanted !== 'none') {
    const limit = typeof wanted === 'number' && memberCount <= wanted ? wanted : FEW_MEMBERS
    const others = await readMembers(app, own.guildId, limit)
    states.push(...others.filter((member) => member.userId !== own.userId))
  }
  const users = await app.users.findMany(states.map((member) => member.userId))
  return states.flatMap((member) => {
    const user = users.get(member.userId)
    return user ? [memberToWire(member, user)] : []
  })
}

/** Characters first, then the oldest accounts: both from an index, so that a large guild is not read whole. */
async function readMembers(app: App, guildId: string, limit: number): Promise<MemberState[]> {
  const some = app.db
    .selectFrom('members')
    .selectAll()
    .where('guild_id', '=', guildId)
    .orderBy('user_id')
    .limit(limit)
  const [characters, others] = await Promise.all([
    some.where('is_character', '=', true).execute(),
    some.execute(),
  ])
  const members = new Map([...characters, ...others].map((row) => [row.user_id, memberState(row)]))
  return [...members.values()].slice(0, limit)
}
