import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { sql } from 'kysely'
import type { Actor, App } from '../context.ts'
import type { Queryable, Tx } from '../storage/database.ts'
import { readUser, type UserState } from './users.ts'
import { userToWire, type WireUser } from './wire.ts'

// Discord's relationship types; undocumented for bots, used by every client of people.
export const FRIEND = 1
export const BLOCKED = 2
export const INCOMING_REQUEST = 3
export const OUTGOING_REQUEST = 4

/** Requests that may wait for one's answer, and accounts that one may block. */
const MOST_PENDING = 1000
const MOST_BLOCKED = 5000

export interface WireRelationship {
  id: string
  type: number
  user: WireUser
  nickname: null
  since: string
  is_spam_request: false
}

/** Both sides as they are in the database; null where one has nothing on the other. */
interface Sides {
  mine: number | null
  theirs: number | null
}

/** Whether either of the two has blocked the other: then there are no messages between them. */
export async function isBlockedBetween(db: Queryable, a: string, b: string): Promise<boolean> {
  const row = await db
    .selectFrom('relationships')
    .select('type')
    .where('user_id', 'in', [a, b])
    .where('target_id', 'in', [a, b])
    .where('type', '=', BLOCKED)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Everybody the actor has to do with: friends, requests both ways, blocked ones. */
export async function listRelationships(app: App, userId: string): Promise<WireRelationship[]> {
  const rows = await app.db.selectFrom('relationships').selectAll().where('user_id', '=', userId).execute()
  const users = await app.users.findMany(rows.map((row) => row.target_id))
  return rows.flatMap((row) => {
    const user = users.get(row.target_id)
    return user && !user.deleted ? [relationshipToWire(row.type, user, row.since)] : []
  })
}

/** Asks the person of this username to be friends. Throws InvalidPersonTag, and what `befriend` throws. */
export async function befriendByName(app: App, actor: Actor, username: string): Promise<void> {
  const row = await app.db
    .selectFrom('users')
    .select('id')
    .where('kind', '=', 'person')
    .where(sql`lower(username)`, '=', username.trim().toLowerCase())
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new ApiError('InvalidPersonTag')
  if (!(await befriend(app, actor, row.id))) throw new ApiError('AlreadyFriends')
}

/**
 * Asks somebody to be friends, or accepts their request. A character accepts at once. False if they were friends
 * before. Throws UnknownUser, CannotFriendSelf, InvalidAccountType, TooManyFriends, IncomingFriendRequestsBlocked.
 */
export async function befriend(app: App, actor: Actor, targetId: string): Promise<boolean> {
  if (targetId === actor.userId) throw new ApiError('CannotFriendSelf')
  return app.db.transact(async (tx) => {
    const { me, target, sides } = await lockPair(tx, actor, targetId)
    if (sides.mine === FRIEND) return false
    if (sides.mine === OUTGOING_REQUEST) return true
    if (target.kind === 'application') throw new ApiError('InvalidAccountType')
    if (target.kind === 'character') await requireReachable(tx, actor, targetId)
    if (sides.theirs === BLOCKED) throw new ApiError('IncomingFriendRequestsBlocked')
    await requireRoom(tx, actor.userId, [FRIEND, OUTGOING_REQUEST], LIMITS.friends, 'TooManyFriends')
    if (sides.mine === INCOMING_REQUEST || target.kind === 'character') {
      // A character may have any number of friends.
      if (target.kind === 'person')
        await requireRoom(tx, targetId, [FRIEND], LIMITS.friends, 'TooManyFriends')
      await setSide(tx, me, target, FRIEND, sides.mine)
      await setSide(tx, target, me, FRIEND, sides.theirs)
      return true
    }
    await requireRoom(tx, targetId, [INCOMING_REQUEST], MOST_PENDING, 'IncomingFriendRequestsBlocked')
    await setSide(tx, me, target, OUTGOING_REQUEST, sides.mine)
    await setSide(tx, target, me, INCOMING_REQUEST, sides.theirs)
    return true
  })
}

/** Blocks an account. It is told no more than that a friendship or request is over. Throws UnknownUser. */
export async function block(app: App, actor: Actor, targetId: string): Promise<void> {
  if (targetId === actor.userId) throw new ApiError('UnknownUser')
  await app.db.transact(async (tx) => {
    const { me, target, sides } = await lockPair(tx, actor, targetId)
    if (sides.mine === BLOCKED) return
    await requireRoom(tx, actor.userId, [BLOCKED], MOST_BLOCKED, 'TooManyFriends')
    await setSide(tx, me, target, BLOCKED, sides.mine)
    if (sides.theirs !== BLOCKED) await clearSide(tx, target, me, sides.theirs)
  })
}

/** Ends a friendship, takes back or refuses a request, or unblocks. Nothing happens if there was none of these. */
export async function endRelationship(app: App, actor: Actor, targetId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const { me, target, sides } = await lockPair(tx, actor, targetId)
    await clearSide(tx, me, target, sides.mine)
    if (sides.mine !== BLOCKED && sides.theirs !== BLOCKED) await clearSide(tx, target, me, sides.theirs)
  })
}

function relationshipToWire(type: number, user: UserState, since: Date): WireRelationship {
  return {
    id: user.id,
    type,
    user: userToWire(user),
    nickname: null,
    since: since.toISOString(),
    is_spam_request: false,
  }
}

/** Holds the pair until the commit, so that both sides always fit each other. */
async function lockPair(
  tx: Tx,
  actor: Actor,
  targetId: string,
): Promise<{ me: UserState; target: UserState; sides: Sides }> {
  const [low, high] = [actor.userId, targetId].sort()
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`relationship ${low} ${high}`}, 0))`.execute(tx)
  const me = await readUser(tx, actor.userId)
  const target = await readUser(tx, targetId)
  if (!me || !target || target.deleted) throw new ApiError('UnknownUser')
  const rows = await tx
    .selectFrom('relationships')
    .select(['user_id', 'type'])
    .where('user_id', 'in', [me.id, target.id])
    .where('target_id', 'in', [me.id, target.id])
    .execute()
  const side = (userId: string) => rows.find((row) => row.user_id === userId)?.type ?? null
  return { me, target, sides: { mine: side(me.id), theirs: side(target.id) } }
}

async function setSide(
  tx: Tx,
  user: UserState,
  other: UserState,
  type: number,
  before: number | null,
): Promise<void> {
  const { since } = await tx
    .insertInto('relationships')
    .values({ user_id: user.id, target_id: other.id, type })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'target_id']).doUpdateSet({ type, since: sql<Date>`now()` }),
    )
    .returning('since')
    .executeTakeFirstOrThrow()
  tx.emit({
    type: before === null ? 'RELATIONSHIP_ADD' : 'RELATIONSHIP_UPDATE',
    audience: { userIds: [user.id] },
    data: relationshipToWire(type, other, since),
  })
}

async function clearSide(tx: Tx, user: UserState, other: UserState, before: number | null): Promise<void> {
  if (before === null) return
  await tx
    .deleteFrom('relationships')
    .where('user_id', '=', user.id)
    .where('target_id', '=', other.id)
    .execute()
  tx.emit({
    type: 'RELATIONSHIP_REMOVE',
    audience: { userIds: [user.id] },
    data: { id: other.id, type: before, nickname: null },
  })
}

async function requireRoom(
  tx: Tx,
  userId: string,
  types: number[],
  most: number,
  error: 'TooManyFriends' | 'IncomingFriendRequestsBlocked',
): Promise<void> {
  const { count } = await tx
    .selectFrom('relationships')
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count'))
    .where('user_id', '=', userId)
    .where('type', 'in', types)
    .executeTakeFirstOrThrow()
  if (count >= most) throw new ApiError(error)
}

/** A private character knows its maker only; to others it does not exist. */
async function requireReachable(tx: Tx, actor: Actor, characterId: string): Promise<void> {
  const row = await tx
    .selectFrom('characters')
    .select(['owner_id', 'visibility'])
    .where('id', '=', characterId)
    .executeTakeFirst()
  if (!row || (row.visibility === 'private' && row.owner_id !== actor.userId))
    throw new ApiError('UnknownUser')
}
