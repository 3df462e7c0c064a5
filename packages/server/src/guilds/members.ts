import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { sql } from 'kysely'
import { readUser, type UserState } from '../accounts/users.ts'
import { userToWire } from '../accounts/wire.ts'
import type { Actor, App } from '../context.ts'
import type { Queryable, Tx } from '../storage/database.ts'
import { requirePermission } from './access.ts'
import { emitChanges, type GuildChange } from './bump.ts'
import { requireAbove } from './hierarchy.ts'
import { lockGuild, lockGuildFor } from './locked.ts'
import { dropRole } from './roles.ts'
import type { MemberState } from './state.ts'
import { loadMember, memberState } from './state-load.ts'
import { memberToWire } from './wire.ts'

export interface Joined {
  member: MemberState
  user: UserState
  /** False if the user was a member before: then nothing happened. */
  added: boolean
}

/**
 * Makes a user a member: by invite, by a bot's authorization, or a character that is brought in; whoever calls has
 * checked that it may. Idempotent. Costs the same however many members there are. Throws UnknownGuild, UnknownUser,
 * Banned, TooManyGuilds (people only).
 */
export async function addMember(
  app: App,
  tx: Tx,
  guildId: string,
  userId: string,
  options: { roleIds?: readonly string[] } = {},
): Promise<Joined> {
  // The lock first: a ban that commits meanwhile is seen below.
  const guild = await tx
    .selectFrom('guilds')
    .select('version')
    .where('id', '=', guildId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!guild) throw new ApiError('UnknownGuild')
  const user = await readUser(tx, userId)
  if (!user || user.deleted) throw new ApiError('UnknownUser')
  const known = await loadMember(tx, guildId, userId)
  if (known) return { member: known, user, added: false }
  await requireMayJoin(tx, guildId, user)

  const row = await tx
    .insertInto('members')
    .values({
      guild_id: guildId,
      user_id: userId,
      role_ids: [...(options.roleIds ?? [])],
      is_character: user.kind === 'character',
      joined_at: new Date(app.now()),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await countMember(tx, guildId, 1)
  const member = memberState(row)
  // Told with the version, so that it does not overtake the removal of the same member before.
  const version = guild.version
  const data = { ...memberToWire(member, user), guild_id: guildId }
  tx.emit({ type: 'GUILD_MEMBER_ADD', audience: { guildId }, data, version })
  tx.emit({ type: 'guild.joined', audience: { userIds: [userId] }, data: { guild_id: guildId }, version })
  return { member, user, added: true }
}

async function requireMayJoin(tx: Queryable, guildId: string, user: UserState): Promise<void> {
  const found = await sql<{ banned: boolean; guilds: number }>`
    SELECT EXISTS (SELECT 1 FROM bans WHERE guild_id = ${guildId} AND user_id = ${user.id}) AS banned,
      (SELECT count(*)::int FROM members WHERE user_id = ${user.id}) AS guilds`.execute(tx)
  const facts = found.rows[0]
  if (facts?.banned) throw new ApiError('Banned')
  if (user.kind === 'person' && facts && facts.guilds >= LIMITS.guildsPerUser)
    throw new ApiError('TooManyGuilds')
}

/**
 * Ends a membership, however it came about: leaving, kick, ban, a character taken away. False if there was none.
 * A bot's own role goes with it.
 */
export async function removeMember(tx: Tx, guildId: string, userId: string): Promise<boolean> {
  const guild = await lockGuild(tx, guildId)
  const removed = await tx
    .deleteFrom('members')
    .where('guild_id', '=', guildId)
    .where('user_id', '=', userId)
    .returning('user_id')
    .executeTakeFirst()
  if (!removed) return false
  await countMember(tx, guildId, -1)
  const user = await readUser(tx, userId)
  const changes: GuildChange[] = [
    {
      type: 'GUILD_MEMBER_REMOVE',
      data: { guild_id: guildId, user: user ? userToWire(user) : { id: userId } },
    },
  ]
  for (const role of guild.roles.values()) {
    if (role.botId === userId) changes.push(...(await dropRole(tx, guild, role.id)))
  }
  await emitChanges(tx, guildId, changes)
  return true
}

async function countMember(tx: Queryable, guildId: string, by: 1 | -1): Promise<void> {
  await tx
    .updateTable('guilds')
    .set((eb) => ({ member_count: eb('member_count', '+', by) }))
    .where('id', '=', guildId)
    .execute()
}

/** Removes a member against its will. Needs KICK_MEMBERS and a higher role. Throws UnknownMember. */
export async function kickMember(app: App, actor: Actor, guildId: string, userId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'KickMembers')
    const target = await loadMember(tx, guildId, userId)
    if (!target) throw new ApiError('UnknownMember')
    requireAbove(locked.guild, locked.member, target)
    await removeMember(tx, guildId, userId)
  })
}

/** The actor leaves. Its owner cannot: InvalidGuild. */
export async function leaveGuild(app: App, actor: Actor, guildId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const { guild } = await lockGuildFor(app, tx, actor, guildId)
    if (guild.ownerId === actor.userId) throw new ApiError('InvalidGuild')
    await removeMember(tx, guildId, actor.userId)
  })
}
