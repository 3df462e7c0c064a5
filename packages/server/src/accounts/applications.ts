import { generateKeyPairSync } from 'node:crypto'
import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import type { Selectable } from 'kysely'
import type { Actor, App } from '../context.ts'
import type { Queryable } from '../storage/database.ts'
import type { Applications } from '../storage/schema.ts'
import { createBotToken, emitTokenRevoked, hashToken } from './tokens.ts'

export type ApplicationRow = Omit<Selectable<Applications>, 'token_hash' | 'signing_key'>

const COLUMNS = [
  'id',
  'owner_id',
  'name',
  'description',
  'icon',
  'bot_public',
  'verify_key',
  'flags',
  'created_at',
] as const

// Presence, members and message content, for bots in few guilds: Discord's switches of the privileged intents.
const PRIVILEGED_INTENT_FLAGS = (1 << 13) | (1 << 15) | (1 << 19)
/** A DER-encoded Ed25519 public key ends with its 32 bytes. */
const PUBLIC_KEY_BYTES = 32

/** Makes an application and its bot, which is an account of the same id. It has no token until one is asked for. */
export async function createApplication(app: App, actor: Actor, name: string): Promise<ApplicationRow> {
  const keys = generateKeyPairSync('ed25519')
  const verifyKey = keys.publicKey
    .export({ type: 'spki', format: 'der' })
    .subarray(-PUBLIC_KEY_BYTES)
    .toString('hex')
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  return app.db.transact(async (tx) => {
    // Held, so that two requests do not both see room for one.
    await tx.selectFrom('users').select('id').where('id', '=', actor.userId).forNoKeyUpdate().execute()
    const { count } = await tx
      .selectFrom('applications')
      .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('count'))
      .where('owner_id', '=', actor.userId)
      .executeTakeFirstOrThrow()
    if (count >= LIMITS.applicationsPerOwner) throw new ApiError('TooManyBots')
    const { id } = await tx
      .insertInto('users')
      .values({ kind: 'application', username: name })
      .returning('id')
      .executeTakeFirstOrThrow()
    return tx
      .insertInto('applications')
      .values({
        id,
        owner_id: actor.userId,
        name,
        verify_key: verifyKey,
        signing_key: app.secrets.seal(privateKey, signingKeyContext(id)),
        flags: PRIVILEGED_INTENT_FLAGS,
      })
      .returning(COLUMNS)
      .executeTakeFirstOrThrow()
  })
}

/** What the application's private key is sealed for. */
export function signingKeyContext(applicationId: string): string {
  return `application ${applicationId}`
}

/** The actor's own applications, the newest first. */
export async function listApplications(app: App, actor: Actor): Promise<ApplicationRow[]> {
  return app.db
    .selectFrom('applications')
    .select(COLUMNS)
    .where('owner_id', '=', actor.userId)
    .orderBy('id', 'desc')
    .execute()
}

/** Any application. Throws UnknownApplication. */
export async function getApplication(db: Queryable, applicationId: string): Promise<ApplicationRow> {
  const row = await db
    .selectFrom('applications')
    .select(COLUMNS)
    .where('id', '=', applicationId)
    .executeTakeFirst()
  if (!row) throw new ApiError('UnknownApplication')
  return row
}

/** An application that the actor owns, or is the bot of. To others it does not exist. */
export async function getOwnApplication(
  db: Queryable,
  actor: Actor,
  applicationId: string,
): Promise<ApplicationRow> {
  const row = await getApplication(db, applicationId)
  if (row.owner_id !== actor.userId && row.id !== actor.userId) throw new ApiError('UnknownApplication')
  return row
}

export interface ApplicationChanges {
  name?: string | undefined
  description?: string | undefined
  /** Hash of a saved image. */
  icon?: string | null | undefined
  bot_public?: boolean | undefined
  flags?: number | undefined
}

/** Changes an application. Of its flags only the switches of the privileged intents can be set. */
export async function editApplication(
  app: App,
  actor: Actor,
  applicationId: string,
  changes: ApplicationChanges,
): Promise<ApplicationRow> {
  return app.db.transact(async (tx) => {
    const before = await getOwnApplication(tx, actor, applicationId)
    const given = Object.entries(changes).filter(([, value]) => value !== undefined)
    if (given.length === 0) return before
    const values = {
      ...Object.fromEntries(given),
      ...(changes.flags !== undefined && { flags: changes.flags & PRIVILEGED_INTENT_FLAGS }),
    }
    return tx
      .updateTable('applications')
      .set(values)
      .where('id', '=', applicationId)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow()
  })
}

/** Gives the bot a new token, which is shown this once; the old one is void and its sockets are closed. Owner only. */
export async function resetBotToken(
  app: App,
  actor: Actor,
  applicationId: string,
): Promise<{ token: string }> {
  const token = createBotToken(applicationId)
  await app.db.transact(async (tx) => {
    requireOwner(actor, await getOwnApplication(tx, actor, applicationId))
    await tx
      .updateTable('applications')
      .set({ token_hash: hashToken(token) })
      .where('id', '=', applicationId)
      .execute()
    emitTokenRevoked(tx, applicationId)
  })
  return { token }
}

export function requireOwner(actor: Actor, application: ApplicationRow): void {
  if (application.owner_id !== actor.userId) throw new ApiError('NotApplicationOwner')
}
