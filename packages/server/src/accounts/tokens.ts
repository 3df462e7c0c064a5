import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '../storage/database.ts'

/** Type of the event that takes tokens back; nodes forget what they cached, gateways close sockets with 4004. */
export const TOKEN_REVOKED = 'token.revoked'

/** Data of TOKEN_REVOKED. Without a session, every token of the account is void. */
export interface TokenRevoked {
  user_id: string
  session_id?: string
}

/** Tells all nodes, after the commit, that a session (or, left out, every token of the account) is void. */
export function emitTokenRevoked(tx: Tx, userId: string, sessionId?: string): void {
  const data: TokenRevoked =
    sessionId === undefined ? { user_id: userId } : { user_id: userId, session_id: sessionId }
  tx.emit({ type: TOKEN_REVOKED, audience: { everyone: true }, data })
}

/** What is stored in a token's stead. Tokens are random enough that a plain hash cannot be turned back. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** What `auth_sessions.token` holds for a person's token. */
export function hashSessionToken(token: string): string {
  return hashToken(token).toString('hex')
}

const BOT_SECRET_BYTES = 32
const BOT_STAMP_BYTES = 4
const BOT_TOKEN = /^([A-Za-z0-9+/_-]{4,27})\.([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]{1,128})$/

/** A token of Discord's form: base64 of the bot's id, and two random parts. Libraries read the id from it. */
export function createBotToken(botId: string): string {
  const id = Buffer.from(botId).toString('base64').replace(/=+$/, '')
  const stamp = randomBytes(BOT_STAMP_BYTES).toString('base64url')
  return `${id}.${stamp}.${randomBytes(BOT_SECRET_BYTES).toString('base64url')}`
}

/** The bot id that a token claims; null if it has not a bot token's form. */
export function botIdOf(token: string): string | null {
  const encoded = BOT_TOKEN.exec(token)?.[1]
  if (!encoded) return null
  const id = Buffer.from(encoded, 'base64').toString('latin1')
  return /^[1-9]\d{0,18}$/.test(id) && BigInt(id) <= MAX_ID ? id : null
}

const MAX_ID = 9_223_372_036_854_775_807n
