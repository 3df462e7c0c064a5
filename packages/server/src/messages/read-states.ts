import { sql } from 'kysely'
import type { Actor, App } from '../context.ts'
import { getAccess } from '../guilds/access.ts'
import type { Queryable } from '../storage/database.ts'

export interface ReadStateEntry {
  /** The channel. */
  id: string
  /** The last message that was read. */
  last_message_id: string
  mention_count: number
  last_pin_timestamp: string
}

/** Unread messages of a DM that a badge tells apart; more are told as this. */
const COUNTED_MESSAGES = 100

/**
 * Where the user has read to, per channel of theirs, with what called them since. What was said before somebody joined
 * counts as read. One query, whatever the number of messages.
 */
export async function listReadStates(
  app: App,
  userId: string,
): Promise<{ version: number; partial: false; entries: ReadStateEntry[] }> {
  const rows = await readStates(app.db, userId, null)
  return { version: 1, partial: false, entries: rows }
}

/**
 * Marks the channel read up to a message. Never moves back, unless the person marks it unread (`manual`). Their other
 * devices are told.
 */
export async function acknowledge(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
  manual: boolean,
): Promise<void> {
  await getAccess(app, actor, channelId)
  await app.db.transact(async (tx) => {
    const row = await tx
      .insertInto('read_states')
      .values({ user_id: actor.userId, channel_id: channelId, last_read_id: messageId })
      .onConflict((conflict) =>
        conflict.columns(['user_id', 'channel_id']).doUpdateSet({
          last_read_id: manual ? messageId : sql`greatest(read_states.last_read_id, excluded.last_read_id)`,
        }),
      )
      .returning('last_read_id')
      .executeTakeFirstOrThrow()
    const [entry] = await readStates(tx, actor.userId, channelId)
    tx.emit({
      type: 'MESSAGE_ACK',
      audience: { userIds: [actor.userId] },
      data: {
        channel_id: channelId,
        message_id: row.last_read_id,
        mention_count: entry?.mention_count ?? 0,
        manual,
        version: 1,
      },
    })
  })
}

async function readStates(
  db: Queryable,
  userId: string,
  channelId: string | null,
): Promise<ReadStateEntry[]> {
  const { rows } = await sql<{ id: string; last_read: string; mentions: string; last_pin_at: Date | null }>`
    WITH mine AS (
      SELECT c.id, c.last_pin_at, m.role_ids || c.guild_id || m.user_id AS targets, m.joined_at AS since, false AS private
      FROM members m JOIN channels c ON c.guild_id = m.guild_id
      WHERE m.user_id = ${userId} AND c.type <> 4 AND (${channelId}::bigint IS NULL OR c.id = ${channelId})
      UNION ALL
      SELECT c.id, c.last_pin_at, ARRAY[r.user_id], c.created_at, true
      FROM channel_recipients r JOIN channels c ON c.id = r.channel_id
      WHERE r.user_id = ${userId} AND (${channelId}::bigint IS NULL OR c.id = ${channelId})
    ), placed AS (
      SELECT mine.*, coalesce(s.last_read_id,
        ((extract(epoch FROM mine.since) * 1000)::bigint - 1420070400000) << 22) AS last_read
      FROM mine LEFT JOIN read_states s ON s.channel_id = mine.id AND s.user_id = ${userId}
    )
    SELECT p.id, p.last_read, p.last_pin_at, CASE WHEN p.private
      THEN (SELECT count(*) FROM (SELECT 1 FROM messages x WHERE x.channel_id = p.id AND x.id > p.last_read
        AND x.author_id <> ${userId} LIMIT ${COUNTED_MESSAGES}) unread)
      ELSE (SELECT count(DISTINCT x.message_id) FROM message_mentions x WHERE x.channel_id = p.id
        AND x.target_id = ANY (p.targets) AND x.message_id > p.last_read AND x.author_id <> ${userId})
      END AS mentions
    FROM placed p`.execute(db)
  return rows.map((row) => ({
    id: row.id,
    last_message_id: row.last_read,
    mention_count: Number(row.mentions),
    last_pin_timestamp: (row.last_pin_at ?? new Date(0)).toISOString(),
  }))
}
