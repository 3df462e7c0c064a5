import { createHash } from 'node:crypto'
import { ApiError } from '@convive/protocol/errors'
import { type RawBuilder, sql } from 'kysely'
import type { Database, Queryable } from '../storage/database.ts'

/** Wrong passwords for one name before each further one is followed by a pause of 1, 2, 4 … seconds. */
const FREE_GUESSES_PER_LOGIN = 5
/** The same for one address, which a school or an office shares. */
const FREE_GUESSES_PER_ADDRESS = 20
const LONGEST_PAUSE_S = 15 * 60
/** 2^10 s is more than the longest pause. */
const LONGEST_PAUSE_POWER = 10
/** Failures that nothing followed for so long are forgotten. */
const FORGET_AFTER = sql`interval '1 day'`

export interface Guess {
  /** The password was right: the name's count begins anew. */
  forgive(): Promise<void>
  /** The password was never looked at: this guess does not count. */
  withdraw(): Promise<void>
}

/**
 * Counts a guess at `login` from `ip` before it is checked, so that many at once are counted too. It is kept in the
 * database: it holds on every node, and over restarts. Throws TooManyAttempts while the name or the address pauses.
 */
export async function takeGuess(db: Database, login: string, ip: string): Promise<Guess> {
  const loginKey = `login:${digest(login.toLowerCase())}`
  const addressKey = `ip:${digest(addressBlock(ip))}`
  await db.transact(async (tx) => {
    await count(tx, addressKey, FREE_GUESSES_PER_ADDRESS)
    await count(tx, loginKey, FREE_GUESSES_PER_LOGIN)
  })
  return {
    async forgive() {
      await db.deleteFrom('auth_failures').where('key', '=', loginKey).execute()
      await uncount(db, [addressKey])
      await forgetOld(db)
    },
    withdraw: () => uncount(db, [addressKey, loginKey]),
  }
}

async function uncount(db: Queryable, keys: string[]): Promise<void> {
  await db
    .updateTable('auth_failures')
    .set({ failures: sql`greatest(failures - 1, 0)`, blocked_until: sql`now()` })
    .where('key', 'in', keys)
    .execute()
}

async function count(tx: Queryable, key: string, free: number): Promise<void> {
  const first = sql<Date>`now()`
  const pause = (failures: RawBuilder<number>) => sql<Date>`CASE WHEN ${failures} < ${free}::int THEN now()
    ELSE now() + least(${LONGEST_PAUSE_S}::int, 2 ^ least(${failures} - ${free}::int, ${LONGEST_PAUSE_POWER}::int)) * interval '1 second' END`
  const failures = sql<number>`(CASE WHEN auth_failures.updated_at < now() - ${FORGET_AFTER} THEN 1 ELSE auth_failures.failures + 1 END)`
  const counted = await tx
    .insertInto('auth_failures')
    .values({ key, failures: 1, blocked_until: first })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({ failures, blocked_until: pause(failures), updated_at: sql<Date>`now()` })
        .where('auth_failures.blocked_until', '<=', sql<Date>`now()`),
    )
    .returning('key')
    .executeTakeFirst()
  if (counted) return
  const blocked = await tx
    .selectFrom('auth_failures')
    .select(sql<number>`ceil(extract(epoch FROM blocked_until - now()))::int`.as('seconds'))
    .where('key', '=', key)
    .executeTakeFirst()
  throw new ApiError('TooManyAttempts', { retryAfterMs: Math.max(1, blocked?.seconds ?? 1) * 1000 })
}

async function forgetOld(db: Queryable): Promise<void> {
  await db.deleteFrom('auth_failures').where('updated_at', '<', sql<Date>`now() - ${FORGET_AFTER}`).execute()
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** One household has a whole /64 of IPv6. */
function addressBlock(ip: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (v4 || !ip.includes(':')) return v4 ?? ip
  const [head = '', tail = ''] = ip.split('%')[0]?.split('::') ?? []
  const left = head.split(':').filter(Boolean)
  const right = tail.split(':').filter(Boolean)
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16))
    .join(':')
}
