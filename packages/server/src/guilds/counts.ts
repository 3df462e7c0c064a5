import { sql } from 'kysely'
import type { App } from '../context.ts'
import type { GuildState } from './state.ts'

export interface GuildCounts {
  members: number
  online: number
}

/** How many are in the guild, and how many of them are connected and show it. */
export async function countGuild(app: App, guildId: string): Promise<GuildCounts> {
  const counted = await sql<GuildCounts>`
    SELECT member_count AS members, (
      SELECT count(DISTINCT s.user_id)::int FROM gateway_sessions s
      JOIN members m ON m.guild_id = ${guildId} AND m.user_id = s.user_id
      WHERE s.status NOT IN ('offline', 'invisible')
    ) AS online
    FROM guilds WHERE id = ${guildId}`.execute(app.db)
  return counted.rows[0] ?? { members: 0, online: 0 }
}

/** How many members have each role, `@everyone` aside. */
export async function countRoleMembers(app: App, guild: GuildState): Promise<Record<string, number>> {
  const rows = await app.db
    .selectFrom((eb) =>
      eb
        .selectFrom('members')
        .select((e) => e.fn<string>('unnest', ['role_ids']).as('role_id'))
        .where('guild_id', '=', guild.guildId)
        .as('given'),
    )
    .select((eb) => ['role_id', eb.cast<number>(eb.fn.countAll(), 'integer').as('members')])
    .groupBy('role_id')
    .execute()
  const counts: Record<string, number> = {}
  for (const id of guild.roles.keys()) if (id !== guild.guildId) counts[id] = 0
  for (const row of rows) if (row.role_id in counts) counts[row.role_id] = row.members
  return counts
}
