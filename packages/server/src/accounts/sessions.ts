import type { SessionInfo } from '@convive/protocol/accounts'
import { sql } from 'kysely'
import type { Actor, App } from '../context.ts'
import { emitTokenRevoked } from './tokens.ts'

/** Places where one account can be signed in; the longest unused gives way. */
const SESSIONS_PER_ACCOUNT = 100

/** Where the account is signed in, the last used first. */
export async function listSessions(app: App, actor: Actor): Promise<SessionInfo[]> {
  const rows = await app.db
    .selectFrom('auth_sessions')
    .selectAll()
    .where('user_id', '=', actor.userId)
    .where('expires_at', '>', sql<Date>`now()`)
    .orderBy('updated_at', 'desc')
    .limit(SESSIONS_PER_ACCOUNT)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    created_at: row.created_at.toISOString(),
    last_seen_at: row.updated_at.toISOString(),
    user_agent: row.user_agent || null,
    current: row.id === actor.sessionId,
  }))
}

/** Ends the session that asks; its sockets are closed. */
export async function signOut(app: App, actor: Actor): Promise<void> {
  const { sessionId } = actor
  if (sessionId === null) return
  await app.db.transact(async (tx) => {
    await tx.deleteFrom('auth_sessions').where('id', '=', sessionId).execute()
    emitTokenRevoked(tx, actor.userId, sessionId)
  })
}

/** Ends every session of the account, the one that asks too. */
export async function signOutEverywhere(app: App, actor: Actor): Promise<void> {
  await app.db.transact(async (tx) => {
    await tx.deleteFrom('auth_sessions').where('user_id', '=', actor.userId).execute()
    emitTokenRevoked(tx, actor.userId)
  })
}

/** Forgets sessions that expired, and those beyond the most that one account may have. */
export async function dropOldSessions(app: App, userId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const old = tx
      .selectFrom('auth_sessions')
      .select('id')
      .where('user_id', '=', userId)
      .where('expires_at', '>', sql<Date>`now()`)
      .orderBy('updated_at', 'desc')
      .offset(SESSIONS_PER_ACCOUNT)
    const dropped = await tx
      .deleteFrom('auth_sessions')
      .where('user_id', '=', userId)
      .where((eb) => eb.or([eb('expires_at', '<=', sql<Date>`now()`), eb('id', 'in', old)]))
      .returning('id')
      .execute()
    for (const session of dropped) emitTokenRevoked(tx, userId, session.id)
  })
}
