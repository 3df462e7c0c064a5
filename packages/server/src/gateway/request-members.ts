import { GatewayIntentBits as Intent } from 'discord-api-types/v10'
import { type Selectable, sql } from 'kysely'
import { memberState } from '../guilds/state-load.ts'
import { memberToWire } from '../guilds/wire.ts'
import type { Members } from '../storage/schema.ts'
import { createPayload } from './payload.ts'
import { PRESENT, presenceToWire, readPresences } from './presence-wire.ts'
import type { RequestMembers } from './protocol.ts'
import type { GatewayServer } from './server.ts'
import type { Session } from './session.ts'

/** Discord's own: members in one GUILD_MEMBERS_CHUNK, and the most that a search by name finds. */
const CHUNK = 1_000
const MOST_FOUND = 100
const NONCE_BYTES = 32

type MemberRow = Selectable<Members>

/** Op 8: answers with GUILD_MEMBERS_CHUNK, as fast as the client takes them. https://discord.com/developers/docs/events/gateway-events#request-guild-members */
export async function requestMembers(
  server: GatewayServer,
  session: Session,
  input: RequestMembers,
): Promise<void> {
  for (const guildId of input.guild_id) {
    if (session.guilds.has(guildId)) await answer(server, session, guildId, input)
  }
}

async function answer(
  server: GatewayServer,
  session: Session,
  guildId: string,
  input: RequestMembers,
): Promise<void> {
  if (input.user_ids) return answerIds(server, session, guildId, input, input.user_ids)
  const query = input.query ?? ''
  if (query !== '') return answerQuery(server, session, guildId, input, query)
  if (!(session.intents & Intent.GuildMembers)) return sendChunk(server, session, guildId, input, [], 0, 1)
  return answerAll(server, session, guildId, input, input.limit ?? 0)
}

async function answerIds(
  server: GatewayServer,
  session: Session,
  guildId: string,
  input: RequestMembers,
  ids: readonly string[],
): Promise<void> {
  const valid = ids.filter((id) => BigInt(id) <= 9_223_372_036_854_775_807n)
  const rows = await server.app.db
    .selectFrom('members')
    .selectAll()
    .where('guild_id', '=', guildId)
    .where('user_id', '=', sql<string>`ANY (${valid}::bigint[])`)
    .execute()
  const found = new Set(rows.map((row) => row.user_id))
  await sendChunk(
    server,
    session,
    guildId,
    input,
    rows,
    0,
    1,
    ids.filter((id) => !found.has(id)),
  )
}

async function answerQuery(
  server: GatewayServer,
  session: Session,
  guildId: string,
  input: RequestMembers,
  query: string,
): Promise<void> {
  const prefix = `${query.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  const limit = Math.min(input.limit || MOST_FOUND, MOST_FOUND)
  const { rows } = await sql<MemberRow>`
    SELECT * FROM members WHERE guild_id = ${guildId} AND (lower(nick) LIKE ${prefix} OR user_id IN (
      SELECT id FROM users WHERE lower(username) LIKE ${prefix} OR lower(global_name) LIKE ${prefix}))
    ORDER BY user_id LIMIT ${limit}`.execute(server.app.db)
  await sendChunk(server, session, guildId, input, rows, 0, 1)
}

async function answerAll(
  server: GatewayServer,
  session: Session,
  guildId: string,
  input: RequestMembers,
  limit: number,
): Promise<void> {
  const { member_count } = await server.app.db
    .selectFrom('guilds')
    .select('member_count')
    .where('id', '=', guildId)
    .executeTakeFirstOrThrow()
  const wanted = limit > 0 ? Math.min(limit, member_count) : member_count
  const chunks = Math.max(1, Math.ceil(wanted / CHUNK))
  let after = '0'
  for (let index = 0; index < chunks; index++) {
    await session.caughtUp()
    if (!session.guilds.has(guildId)) return
    const rows = await server.app.db
      .selectFrom('members')
      .selectAll()
      .where('guild_id', '=', guildId)
      .where('user_id', '>', after)
      .orderBy('user_id')
      .limit(Math.min(CHUNK, wanted - index * CHUNK))
      .execute()
    after = rows.at(-1)?.user_id ?? after
    await sendChunk(server, session, guildId, input, rows, index, chunks)
  }
}

async function sendChunk(
  server: GatewayServer,
  session: Session,
  guildId: string,
  input: RequestMembers,
  rows: readonly MemberRow[],
  index: number,
  count: number,
  notFound: readonly string[] = [],
): Promise<void> {
  const users = await server.app.users.findMany(rows.map((row) => row.user_id))
  const presences = input.presences ? await readPresences(server.app.db, [...users.keys()]) : null
  // Read a moment ago: the session may have lost the guild since.
  if (!session.guilds.has(guildId)) return
  const members = rows.map(memberState)
  const data = {
    guild_id: guildId,
    members: members.flatMap((member) => {
      const user = users.get(member.userId)
      return user ? [memberToWire(member, user)] : []
    }),
    chunk_index: index,
    chunk_count: count,
    not_found: notFound,
    ...(presences && {
      presences: members.flatMap(({ userId }) => {
        const shown = users.get(userId)?.kind === 'character' ? PRESENT : presences.get(userId)
        return shown ? [presenceToWire(userId, shown, guildId)] : []
      }),
    }),
    ...(input.nonce && Buffer.byteLength(input.nonce) <= NONCE_BYTES && { nonce: input.nonce }),
  }
  session.deliver(createPayload('GUILD_MEMBERS_CHUNK', data))
}
