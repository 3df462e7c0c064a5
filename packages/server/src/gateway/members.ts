import { sql } from 'kysely'
import type { Queryable } from '../storage/database.ts'

export interface MemberFacts {
  roleIds: readonly string[]
  timedOutUntilMs: number | null
}

/** The roles of some members, all at one version of the guild: one statement sees one moment. */
export async function readWatched(
  db: Queryable,
  guildId: string,
  userIds: readonly string[],
): Promise<{ version: bigint; members: ReadonlyMap<string, MemberFacts> }> {
  const { rows } = await sql<{
    version: string
    user_id: string | null
    role_ids: string[]
    timed_out_until: Date | null
  }>`
    SELECT g.version, m.user_id, m.role_ids, m.timed_out_until
    FROM guilds g LEFT JOIN members m ON m.guild_id = g.id AND m.user_id = ANY (${userIds}::bigint[])
    WHERE g.id = ${guildId}`.execute(db)
  const members = new Map<string, MemberFacts>()
  for (const row of rows) {
    if (row.user_id === null) continue
    members.set(row.user_id, {
      roleIds: row.role_ids,
      timedOutUntilMs: row.timed_out_until?.getTime() ?? null,
    })
  }
  return { version: BigInt(rows[0]?.version ?? 0), members }
}
