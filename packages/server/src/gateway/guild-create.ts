import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { UserState } from '../accounts/users.ts'
import { type ChannelActivity, channelsToWire } from '../guilds/channel-rows.ts'
import type { GuildCreate } from '../guilds/snapshot.ts'
import type { GuildState, MemberState } from '../guilds/state.ts'
import { memberState } from '../guilds/state-load.ts'
import { guildToWire, memberToWire, type WireGuild } from '../guilds/wire.ts'
import type { Queryable } from '../storage/database.ts'
import type { Members } from '../storage/schema.ts'
import type { Entry } from './hold.ts'
import { PRESENT, presenceToWire, type ShownPresence } from './presence-wire.ts'

/** Members of a larger guild that come along: the page shows them at once and asks for more as it scrolls. */
const FEW_MEMBERS = 100

/** What of a guild is not in memory, as one session is told of it. */
export interface GuildEntry extends Entry {
  own: MemberState
  memberCount: number
  large: boolean
  members: readonly MemberState[]
  activity: ReadonlyMap<string, ChannelActivity>
}

/** Which members come along beside one's own: none, or all of guilds up to a size (and a few of larger ones). */
export type WantedMembers = 'none' | { threshold: number }

type MemberRow = Selectable<Members>

/** What a user is told of the guilds they are in, but for what is in memory: three queries, however many guilds. */
export async function readEntries(
  db: Queryable,
  userId: string,
  guildIds: readonly string[],
  wanted: WantedMembers,
): Promise<Map<string, GuildEntry>> {
  if (guildIds.length === 0) return new Map()
  const own = await sql<MemberRow & { version: string; member_count: number }>`
    SELECT m.*, g.version, g.member_count FROM members m JOIN guilds g ON g.id = m.guild_id
    WHERE m.user_id = ${userId} AND m.guild_id = ANY (${guildIds}::bigint[])`.execute(db)
  const activity = await readActivities(db, guildIds)
  const others =
    wanted === 'none' ? new Map<string, MemberRow[]>() : await readMembers(db, own.rows, wanted.threshold)
  const entries = own.rows.map((row) => {
    const member = memberState(row)
    const members = [
      member,
      ...(others.get(row.guild_id) ?? []).filter((m) => m.user_id !== userId).map(memberState),
    ]
    const entry: GuildEntry = {
      own: member,
      version: BigInt(row.version),
      roleIds: member.roleIds,
      timedOutUntilMs: member.timedOutUntilMs,
      memberIds: new Set(members.map((m) => m.userId)),
      memberCount: row.member_count,
      large: wanted === 'none' || row.member_count > wanted.threshold,
      members,
      activity: activity.get(row.guild_id) ?? new Map(),
    }
    return [row.guild_id, entry] as const
  })
  return new Map(entries)
}

/** `d` of GUILD_CREATE: what is in memory together with what was read. */
export function guildCreate(
  entry: GuildEntry,
  seen: { state: GuildState; visible: ReadonlySet<string> },
  users: ReadonlyMap<string, UserState>,
  presences: ReadonlyMap<string, ShownPresence>,
): GuildCreate {
  const { state, visible } = seen
  const channels = [...state.channels.values()].filter((channel) => visible.has(channel.id))
  return {
    ...wireOf(state),
    joined_at: entry.own.joinedAt,
    large: entry.large,
    unavailable: false,
    member_count: entry.memberCount,
    channels: channelsToWire(channels, entry.activity),
    threads: [],
    members: entry.members.flatMap((member) => {
      const user = users.get(member.userId)
      return user ? [memberToWire(member, user)] : []
    }),
    presences: entry.members.flatMap(({ userId }) => {
      const shown = users.get(userId)?.kind === 'character' ? PRESENT : presences.get(userId)
      return shown ? [presenceToWire(userId, shown, state.guildId)] : []
    }),
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    embedded_activities: [],
    activity_instances: [],
    lazy: true,
    version: Number(state.version),
  }
}

const wires = new WeakMap<GuildState, WireGuild>()

/** Made once for each state: the same for every member. */
function wireOf(state: GuildState): WireGuild {
  let wire = wires.get(state)
  if (!wire) {
    wire = guildToWire(state)
    wires.set(state, wire)
  }
  return wire
}

async function readActivities(
  db: Queryable,
  guildIds: readonly string[],
): Promise<Map<string, Map<string, ChannelActivity>>> {
  const { rows } = await sql<{
    id: string
    guild_id: string
    last_message_id: string | null
    last_pin_at: Date | null
  }>`
    SELECT id, guild_id, last_message_id, last_pin_at FROM channels WHERE guild_id = ANY (${guildIds}::bigint[])`.execute(
    db,
  )
  const guilds = new Map<string, Map<string, ChannelActivity>>()
  for (const row of rows) {
    const guild = guilds.get(row.guild_id) ?? new Map<string, ChannelActivity>()
    guilds.set(row.guild_id, guild)
    guild.set(row.id, { lastMessageId: row.last_message_id, lastPinAt: row.last_pin_at })
  }
  return guilds
}

/** Characters first, then the oldest accounts: both from an index, so that a large guild is not read whole. */
async function readMembers(
  db: Queryable,
  guilds: readonly { guild_id: string; member_count: number }[],
  threshold: number,
): Promise<Map<string, MemberRow[]>> {
  const asked = guilds.map((guild) => ({
    id: guild.guild_id,
    most: guild.member_count <= threshold ? threshold : FEW_MEMBERS,
  }))
  const { rows } = await sql<MemberRow>`
    SELECT m.* FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS g(id bigint, most int)
    CROSS JOIN LATERAL (
      SELECT * FROM (
        (SELECT 0 AS rank, c.* FROM members c WHERE c.guild_id = g.id AND c.is_character ORDER BY c.user_id LIMIT g.most)
        UNION ALL
        (SELECT 1 AS rank, p.* FROM members p WHERE p.guild_id = g.id AND NOT p.is_character ORDER BY p.user_id LIMIT g.most)
      ) both_kinds ORDER BY rank, user_id LIMIT g.most
    ) m`.execute(db)
  return Map.groupBy(rows, (row) => row.guild_id)
}
