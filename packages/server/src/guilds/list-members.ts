import { ApiError } from '@convive/protocol/errors'
import { sql } from 'kysely'
import type { Actor, App } from '../context.ts'
import { getGuildFor } from './access.ts'
import type { MemberState } from './state.ts'
import { memberState } from './state-load.ts'
import { memberToWire, type WireMember } from './wire.ts'

/** Members by id, those after `after`. For members of the guild. */
export async function listMembers(
  app: App,
  actor: Actor,
  guildId: string,
  page: { limit: number; after: string },
): Promise<WireMember[]> {
  await getGuildFor(app, actor, guildId)
  const rows = await app.db
    .selectFrom('members')
    .selectAll()
    .where('guild_id', '=', guildId)
    .where('user_id', '>', page.after)
    .orderBy('user_id')
    .limit(page.limit)
    .execute()
  return withUsers(app, rows.map(memberState))
}

/** Members whose nickname, display name or username begins with the text, in any case. */
export async function searchMembers(
  app: App,
  actor: Actor,
  guildId: string,
  search: { query: string; limit: number },
): Promise<WireMember[]> {
  await getGuildFor(app, actor, guildId)
  const prefix = `${search.query.replace(/[\\%_]/g, '\\$&')}%`
  const begins = (column: string) => sql<boolean>`lower(${sql.ref(column)}) LIKE lower(${prefix})`
  // Two index reads, whatever the size of guild and instance: the names' own order is not asked for.
  const found = app.db
    .selectFrom('members')
    .select('user_id')
    .where('guild_id', '=', guildId)
    .where(begins('nick'))
    .union((eb) =>
      eb
        .selectFrom('users')
        .select('id as user_id')
        .where((or) => or.or([begins('username'), begins('global_name')])),
    )
  const rows = await app.db
    .selectFrom('members')
    .selectAll()
    .where('guild_id', '=', guildId)
    .where('user_id', 'in', found)
    .orderBy('user_id')
    .limit(search.limit)
    .execute()
  return withUsers(app, rows.map(memberState))
}

/** One member. Throws UnknownMember, or UnknownUser where there is no such account. */
export async function getMember(
  app: App,
  actor: Actor,
  guildId: string,
  userId: string,
): Promise<WireMember> {
  await getGuildFor(app, actor, guildId)
  const user = await app.users.get(userId)
  const member = await app.guilds.findMember(guildId, userId)
  if (!member) throw new ApiError('UnknownMember')
  return memberToWire(member, user)
}

async function withUsers(app: App, members: readonly MemberState[]): Promise<WireMember[]> {
  const users = await app.users.findMany(members.map((member) => member.userId))
  return members.flatMap((member) => {
    const user = users.get(member.userId)
    return user ? [memberToWire(member, user)] : []
  })
}
