import { ApiError } from '@convive/protocol/errors'
import type { Selectable } from 'kysely'
import type { Queryable } from '../storage/database.ts'
import type { Channels } from '../storage/schema.ts'
import type { ChannelState } from './state.ts'
import { channelState } from './state-load.ts'
import { channelToWire, type WireChannel } from './wire.ts'

/** What changes with every message and is therefore not part of the guild's state. */
export interface ChannelActivity {
  lastMessageId: string | null
  lastPinAt: Date | null
}

/** A guild channel's row as clients see it. */
export function channelRowToWire(row: Selectable<Channels>): WireChannel {
  return channelToWire(channelState(row), { lastMessageId: row.last_message_id, lastPinAt: row.last_pin_at })
}

/** Last message and pin of every channel of a guild, in one query. */
export async function readActivity(db: Queryable, guildId: string): Promise<Map<string, ChannelActivity>> {
  const rows = await db
    .selectFrom('channels')
    .select(['id', 'last_message_id', 'last_pin_at'])
    .where('guild_id', '=', guildId)
    .execute()
  return new Map(
    rows.map((row) => [row.id, { lastMessageId: row.last_message_id, lastPinAt: row.last_pin_at }]),
  )
}

/** Channels in the order in which a list shows them, with what was last said there. */
export function channelsToWire(
  channels: Iterable<ChannelState>,
  activity: ReadonlyMap<string, ChannelActivity>,
): WireChannel[] {
  return [...channels]
    .sort((a, b) => a.position - b.position || a.id.length - b.id.length || (a.id < b.id ? -1 : 1))
    .map((channel) => channelToWire(channel, activity.get(channel.id)))
}

/** One guild channel as it is in the database. Throws UnknownChannel. */
export async function getChannel(db: Queryable, channelId: string): Promise<WireChannel> {
  const row = await db.selectFrom('channels').selectAll().where('id', '=', channelId).executeTakeFirst()
  if (!row) throw new ApiError('UnknownChannel')
  return channelRowToWire(row)
}
