import { ApiError } from '@convive/protocol/errors'
import { Permission } from '@convive/protocol/permissions'
import { readUser } from '../accounts/users.ts'
import { userToWire, type WireUser } from '../accounts/wire.ts'
import type { Actor, App } from '../context.ts'
import { getGuildFor, requirePermission } from './access.ts'
import { requireAbove } from './hierarchy.ts'
import { lockGuildFor } from './locked.ts'
import { removeMember } from './members.ts'
import { loadMember } from './state-load.ts'

export interface WireBan {
  user: WireUser
  reason: string | null
}

/** Bans an account, a member or not. Needs BAN_MEMBERS and, of a member, a higher role. Throws UnknownUser. */
export async function banMember(
  app: App,
  actor: Actor,
  guildId: string,
  userId: string,
  reason: string | null,
): Promise<void> {
  await app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'BanMembers')
    const user = await readUser(tx, userId)
    if (!user) throw new ApiError('UnknownUser')
    const target = await loadMember(tx, guildId, userId)
    if (target) requireAbove(locked.guild, locked.member, target)
    const banned = await tx
      .insertInto('bans')
      .values({ guild_id: guildId, user_id: userId, reason })
      .onConflict((conflict) => conflict.columns(['guild_id', 'user_id']).doNothing())
      .returning('user_id')
      .executeTakeFirst()
    if (banned)
      tx.emit({
        type: 'GUILD_BAN_ADD',
        audience: { guildId, permission: Permission.BanMembers },
        data: { guild_id: guildId, user: userToWire(user) },
        version: String(locked.guild.version),
      })
    if (target) await removeMember(tx, guildId, userId)
  })
}

/** Lifts a ban. Needs BAN_MEMBERS. Throws UnknownBan. */
export async function unbanMember(app: App, actor: Actor, guildId: string, userId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    requirePermission(locked, 'BanMembers')
    const lifted = await tx
      .deleteFrom('bans')
      .where('guild_id', '=', guildId)
      .where('user_id', '=', userId)
      .returning('user_id')
      .executeTakeFirst()
    const user = lifted && (await readUser(tx, userId))
    if (!user) throw new ApiError('UnknownBan')
    tx.emit({
      type: 'GUILD_BAN_REMOVE',
      audience: { guildId, permission: Permission.BanMembers },
      data: { guild_id: guildId, user: userToWire(user) },
      version: String(locked.guild.version),
    })
  })
}

/** Bans by the banned account's id, upwards; with `before`, the last ones below it. Needs BAN_MEMBERS. */
export async function listBans(
  app: App,
  actor: Actor,
  guildId: string,
  page: { limit: number; before?: string | undefined; after?: string | undefined },
): Promise<WireBan[]> {
  requirePermission(await getGuildFor(app, actor, guildId), 'BanMembers')
  let query = app.db.selectFrom('bans').selectAll().where('guild_id', '=', guildId).limit(page.limit)
  if (page.before !== undefined) query = query.where('user_id', '<', page.before).orderBy('user_id', 'desc')
  else query = query.where('user_id', '>', page.after ?? '0').orderBy('user_id')
  const rows = await query.execute()
  if (page.before !== undefined) rows.reverse()
  const users = await app.users.findMany(rows.map((row) => row.user_id))
  return rows.flatMap((row) => {
    const user = users.get(row.user_id)
    return user ? [{ user: userToWire(user), reason: row.reason }] : []
  })
}

/** One ban. Needs BAN_MEMBERS. Throws UnknownBan. */
export async function getBan(app: App, actor: Actor, guildId: string, userId: string): Promise<WireBan> {
  requirePermission(await getGuildFor(app, actor, guildId), 'BanMembers')
  const row = await app.db
    .selectFrom('bans')
    .select('reason')
    .where('guild_id', '=', guildId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  const user = row && (await app.users.find(userId))
  if (!user) throw new ApiError('UnknownBan')
  return { user: userToWire(user), reason: row.reason }
}
