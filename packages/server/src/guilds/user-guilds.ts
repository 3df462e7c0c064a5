import { guildPermissions } from '@convive/protocol/permissions'
import { sql } from 'kysely'
import type { App } from '../context.ts'

export interface UserGuildPage {
  before?: string | undefined
  after?: string | undefined
  limit: number
  withCounts?: boolean | undefined
}

/** A guild as its member lists it. https://discord.com/developers/docs/resources/user#get-current-user-guilds */
export interface WireUserGuild {
  id: string
  name: string
  icon: string | null
  banner: string | null
  owner: boolean
  permissions: string
  features: string[]
  approximate_member_count?: number
  approximate_presence_count?: number
}

/** The guilds that a user is in, oldest first, with what it may do there; one query, whatever their number. */
export async function listUserGuilds(
  app: App,
  userId: string,
  page: UserGuildPage,
): Promise<WireUserGuild[]> {
  const backwards = page.before !== undefined && page.after === undefined
  const rows = await app.db
    .selectFrom('members as m')
    .innerJoin('guilds as g', 'g.id', 'm.guild_id')
    .select([
      'g.id',
      'g.name',
      'g.icon',
      'g.banner',
      'g.owner_id',
      'g.features',
      'g.member_count',
      'm.timed_out_until',
    ])
    .select(
      sql<string | null>`(SELECT bit_or(r.permissions) FROM roles r
        WHERE r.guild_id = g.id AND (r.id = g.id OR r.id = ANY(m.role_ids)))`.as('permissions'),
    )
    .select(
      page.withCounts
        ? sql<number>`(SELECT count(DISTINCT s.user_id)::int FROM gateway_sessions s
            JOIN members o ON o.guild_id = g.id AND o.user_id = s.user_id
            WHERE s.status NOT IN ('offline', 'invisible'))`.as('online')
        : sql<number>`0`.as('online'),
    )
    .where('m.user_id', '=', userId)
    .$if(page.before !== undefined, (query) => query.where('g.id', '<', page.before ?? ''))
    .$if(page.after !== undefined, (query) => query.where('g.id', '>', page.after ?? ''))
    .orderBy('g.id', backwards ? 'desc' : 'asc')
    .limit(page.limit)
    .execute()
  if (backwards) rows.reverse()
  return rows.map((row) => {
    const roles = new Map([[row.id, { permissions: BigInt(row.permissions ?? 0) }]])
    const member = { userId, roleIds: [], timedOutUntilMs: row.timed_out_until?.getTime() ?? null }
    const permissions = guildPermissions({ guildId: row.id, ownerId: row.owner_id, roles }, member, app.now())
    return {
      id: row.id,
      name: row.name,
      icon: row.icon,
      banner: row.banner,
      owner: row.owner_id === userId,
      permissions: String(permissions),
      features: row.features,
      ...(page.withCounts && {
        approximate_member_count: row.member_count,
        approximate_presence_count: row.online,
      }),
    }
  })
}

/** Guilds that both are in, with the nickname of the second. */
export async function listMutualGuilds(
  app: App,
  userId: string,
  otherId: string,
): Promise<{ id: string; nick: string | null }[]> {
  return app.db
    .selectFrom('members as mine')
    .innerJoin('members as theirs', 'theirs.guild_id', 'mine.guild_id')
    .select(['theirs.guild_id as id', 'theirs.nick'])
    .where('mine.user_id', '=', userId)
    .where('theirs.user_id', '=', otherId)
    .orderBy('theirs.guild_id')
    .execute()
}
