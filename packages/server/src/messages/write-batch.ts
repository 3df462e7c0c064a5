import { sql } from 'kysely'
import type { Bus, BusEvent } from '../bus/bus.ts'
import { clearOutbox, type Database, eventId, type Queryable, writeOutbox } from '../storage/database.ts'
import { castTurns } from './casting.ts'
import type { MessageDraft, Sent } from './send-queue.ts'

interface WrittenRow {
  n: number
  id: string | null
  allowed: boolean
  found: boolean
}

/**
 * Writes drafts in one statement: locks their channels, drops those whose guild has changed since the check, mints ids
 * that rise per channel, inserts, and keeps counts. Then, in the same transaction where there is need: who is to
 * answer, and the outbox. Publishes after the commit, in order.
 */
export async function writeBatch(db: Database, bus: Bus, drafts: readonly MessageDraft[]): Promise<Sent[]> {
  const casts = drafts.some((draft) => draft.casting !== null)
  if (!casts && !bus.shared) {
    const rows = await insertDrafts(db, drafts)
    for (const event of eventsOf(drafts, rows)) bus.publish(event)
    return resolveAll(db, drafts, rows)
  }
  let outboxId: string | null = null
  const { rows, events } = await db.transaction().execute(async (tx) => {
    const rows = await insertDrafts(tx, drafts)
    if (casts) await castTurns(tx, saidIn(drafts, rows))
    const events = eventsOf(drafts, rows)
    if (bus.shared && events.length > 0) outboxId = await writeOutbox(tx, events)
    return { rows, events }
  })
  for (const event of events) bus.publish(event)
  if (outboxId) void clearOutbox(db, bus, outboxId)
  return resolveAll(db, drafts, rows)
}

async function insertDrafts(db: Queryable, drafts: readonly MessageDraft[]): Promise<WrittenRow[]> {
  const input = JSON.stringify(drafts.map(toInput))
  const result = await sql<WrittenRow>`
    WITH draft AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${input}::jsonb) AS d(
        n int, channel_id bigint, guild_id bigint, version bigint, author_id bigint, type smallint, content text, nonce text,
        flags int, tts boolean, reference jsonb, mention_everyone boolean, mentions bigint[], mention_roles bigint[],
        attachments jsonb, embeds jsonb, components jsonb, convive jsonb, targets bigint[], marks_read boolean)
    ), locked AS MATERIALIZED (
      SELECT id, last_message_id FROM channels WHERE id IN (SELECT channel_id FROM draft) ORDER BY id FOR UPDATE
    ), numbered AS MATERIALIZED (
      SELECT d.*, snowflake_after(l.last_message_id) AS id
      FROM (SELECT * FROM draft ORDER BY n) d
      JOIN locked l ON l.id = d.channel_id
      LEFT JOIN guilds g ON g.id = d.guild_id
      WHERE d.guild_id IS NULL OR g.version = d.version
    ), written AS (
      INSERT INTO messages (id, channel_id, author_id, type, content, nonce, flags, tts, reference, mention_everyone,
        mentions, mention_roles, attachments, embeds, components, convive)
      SELECT id, channel_id, author_id, type, content, nonce, flags, tts, reference, mention_everyone,
        mentions, mention_roles, attachments, embeds, components, convive
      FROM numbered ORDER BY n
      ON CONFLICT (channel_id, author_id, nonce) WHERE nonce IS NOT NULL DO NOTHING
      RETURNING channel_id, id
    ), touched AS (
      UPDATE channels c SET last_message_id = newest.id
      FROM (SELECT channel_id, max(id) AS id FROM written GROUP BY channel_id) newest WHERE c.id = newest.channel_id
    ), called AS (
      INSERT INTO message_mentions (channel_id, target_id, message_id, author_id)
      SELECT n.channel_id, target, n.id, n.author_id
      FROM numbered n JOIN written w ON w.channel_id = n.channel_id AND w.id = n.id, unnest(n.targets) AS target
    ), marked AS (
      INSERT INTO read_states (user_id, channel_id, last_read_id)
      SELECT n.author_id, n.channel_id, max(n.id)
      FROM numbered n JOIN written w ON w.channel_id = n.channel_id AND w.id = n.id
      WHERE n.marks_read GROUP BY n.author_id, n.channel_id
      ON CONFLICT (user_id, channel_id) DO UPDATE SET last_read_id = greatest(read_states.last_read_id, excluded.last_read_id)
    )
    SELECT d.n, w.id, n.id IS NOT NULL AS allowed, l.id IS NOT NULL AS found
    FROM draft d
    LEFT JOIN locked l ON l.id = d.channel_id
    LEFT JOIN numbered n ON n.n = d.n
    LEFT JOIN written w ON w.channel_id = n.channel_id AND w.id = n.id
    ORDER BY d.n`.execute(db)
  return result.rows
}

function toInput(draft: MessageDraft, n: number) {
  const { row } = draft
  return {
    ...row,
    n,
    guild_id: draft.guildId,
    version: draft.version,
    nonce: draft.nonce,
    targets: draft.targets,
    marks_read: draft.marksRead,
  }
}

function eventsOf(drafts: readonly MessageDraft[], rows: readonly WrittenRow[]): BusEvent[] {
  return rows.flatMap((row) => {
    const draft = drafts[row.n]
    return draft && row.id ? [{ id: eventId(), ...draft.event(row.id) }] : []
  })
}

function saidIn(drafts: readonly MessageDraft[], rows: readonly WrittenRow[]) {
  return rows.flatMap((row) => {
    const draft = drafts[row.n]
    return draft?.casting && row.id
      ? [{ channelId: draft.row.channel_id, messageId: row.id, casting: draft.casting }]
      : []
  })
}

async function resolveAll(
  db: Queryable,
  drafts: readonly MessageDraft[],
  rows: readonly WrittenRow[],
): Promise<Sent[]> {
  return Promise.all(
    rows.map(async (row): Promise<Sent> => {
      if (row.id) return { outcome: 'written', id: row.id }
      if (!row.found) return { outcome: 'gone' }
      if (!row.allowed) return { outcome: 'stale' }
      const id = await findRepeated(db, drafts[row.n])
      return id ? { outcome: 'repeated', id } : { outcome: 'gone' }
    }),
  )
}

async function findRepeated(db: Queryable, draft: MessageDraft | undefined): Promise<string | null> {
  if (!draft?.nonce) return null
  const row = await db
    .selectFrom('messages')
    .select('id')
    .where('channel_id', '=', draft.row.channel_id)
    .where('author_id', '=', draft.row.author_id)
    .where('nonce', '=', draft.nonce)
    .executeTakeFirst()
  return row?.id ?? null
}
