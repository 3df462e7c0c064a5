import { sql } from 'kysely'
import type { UserState } from '../accounts/users.ts'
import type { Access } from '../guilds/access.ts'
import type { Queryable } from '../storage/database.ts'

/** What the director found for one message, before it is written: cheap facts only. */
export interface Casting {
  /** A person wrote it: the count of unattended messages begins anew. */
  byPerson: boolean
  /** Characters that should answer, the likeliest first. */
  characterIds: readonly string[]
  /** Characters answer only while fewer messages than this came from characters and bots in a row. */
  unattendedLimit: number
}

/** A message about to be written, as the director sees it. */
export interface SaidFacts {
  author: UserState
  content: string
  mentionedUserIds: readonly string[]
  mentionsEveryone: boolean
  /** Author of the message that it replies to. */
  repliedUserId: string | null
}

/** Decides who might answer. The characters feature is it; messages only knows that there is one. */
export interface Director {
  /** Null where no character is in the room. Cheap: from memory, but for the first message in a room. */
  cast(access: Access, facts: SaidFacts): Promise<Casting | null>
}

export interface Said {
  channelId: string
  messageId: string
  casting: Casting
}

/** Name of the job that writes a character's answer; its payload is `{ turnId }`. */
export const REPLY_JOB = 'character.reply'
/** A turn that fails by our own mistake is not tried for ever. */
const REPLY_ATTEMPTS = 3

/**
 * Counts, and asks for turns, in the transaction that writes the messages. One persisted counter per channel is the
 * guard of every loop: whatever two machines say to each other, it runs out until a person speaks.
 */
export async function castTurns(tx: Queryable, said: readonly Said[]): Promise<void> {
  if (said.length === 0) return
  const input = JSON.stringify(
    said.map(({ channelId, messageId, casting }, n) => ({
      n,
      channel_id: channelId,
      message_id: messageId,
      by_person: casting.byPerson,
      limit: casting.unattendedLimit,
      character_ids: casting.characterIds,
    })),
  )
  await sql`
    WITH said AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${input}::jsonb)
        AS s(n int, channel_id bigint, message_id bigint, by_person boolean, "limit" int, character_ids bigint[])
    ), counted AS (
      SELECT channel_id, bool_or(by_person) AS attended,
        count(*) FILTER (WHERE NOT by_person AND n > coalesce(last_person, -1)) AS since_person
      FROM (SELECT *, max(n) FILTER (WHERE by_person) OVER (PARTITION BY channel_id) AS last_person FROM said) s
      GROUP BY channel_id
    ), floor AS (
      INSERT INTO channel_floors AS f (channel_id, unattended)
      SELECT channel_id, since_person FROM counted
      ON CONFLICT (channel_id) DO UPDATE SET updated_at = now(), unattended = excluded.unattended +
        CASE WHEN (SELECT attended FROM counted c WHERE c.channel_id = excluded.channel_id) THEN 0 ELSE f.unattended END
      RETURNING channel_id, unattended
    ), turn AS (
      INSERT INTO character_turns (channel_id, character_id, trigger_id)
      SELECT s.channel_id, called.id, s.message_id
      FROM said s JOIN floor ON floor.channel_id = s.channel_id,
        unnest(s.character_ids) WITH ORDINALITY AS called(id, rank)
      WHERE floor.unattended + called.rank <= s.limit - (
        SELECT count(*) FROM character_turns t WHERE t.channel_id = s.channel_id AND t.message_id IS NULL
          AND t.state IN ('waiting', 'writing') AND t.created_at > now() - interval '10 minutes')
      ON CONFLICT DO NOTHING
      RETURNING id
    )
    SELECT graphile_worker.add_jobs(ARRAY(
      SELECT json_populate_record(NULL::graphile_worker.job_spec, json_build_object(
        'identifier', ${REPLY_JOB}::text, 'payload', json_build_object('turnId', turn.id::text),
        'max_attempts', ${REPLY_ATTEMPTS}::int)) FROM turn
    )) WHERE EXISTS (SELECT 1 FROM turn)`.execute(tx)
}
