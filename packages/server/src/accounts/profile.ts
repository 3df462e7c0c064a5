import { Username } from '@convive/protocol/accounts'
import { ApiError, invalid } from '@convive/protocol/errors'
import type { Actor, App } from '../context.ts'
import type { Queryable, Tx } from '../storage/database.ts'
import { saveImage } from '../storage/images.ts'
import { requireFreeName, takenError } from './sign-up.ts'
import { type UserState, userState } from './users.ts'
import { selfToWire } from './wire.ts'

/** What somebody changes about themselves, as it comes in: pictures are data URIs. Absent: left as it is. */
export interface ProfileInput {
  username?: string | undefined
  global_name?: string | null | undefined
  avatar?: string | null | undefined
  banner?: string | null | undefined
  accent_color?: number | null | undefined
  bio?: string | null | undefined
}

/** The same with pictures stored, ready to be written. */
export type ProfileChanges = Omit<ProfileInput, 'bio'> & { bio?: string | undefined }

const BOT_NAME = /^[^@#:`\n]{2,32}$/u

/** Checks names and stores pictures; nothing is written to the account yet. Throws field errors. */
export async function prepareProfile(app: App, actor: Actor, input: ProfileInput): Promise<ProfileChanges> {
  const user = await app.users.get(actor.userId)
  const { username, avatar, banner, bio, ...rest } = input
  return {
    ...rest,
    ...(username !== undefined && { username: checkUsername(actor, username) }),
    ...(bio !== undefined && { bio: bio ?? '' }),
    // Clients send the hash that they know where nothing changed.
    ...(avatar !== undefined &&
      avatar !== user.avatar && { avatar: await saveImage(app, 'avatars', user.id, avatar) }),
    ...(banner !== undefined &&
      banner !== user.banner && { banner: await saveImage(app, 'banners', user.id, banner) }),
  }
}

/** Writes the changes and tells the account's own sessions. Throws UsernameTaken. The caller tells the guilds. */
export async function writeProfile(tx: Tx, userId: string, changes: ProfileChanges): Promise<UserState> {
  const changed = Object.entries(changes).filter(([, value]) => value !== undefined)
  // An UPDATE needs something to set.
  const given = changed.length > 0 ? Object.fromEntries(changed) : { id: userId }
  try {
    const row = await tx
      .updateTable('users')
      .set(given)
      .where('id', '=', userId)
      .returningAll()
      .executeTakeFirstOrThrow()
    if (changes.username !== undefined && row.kind === 'person')
      await renameSignIn(tx, userId, changes.username)
    const user = userState(row)
    const data = selfToWire(user, await findEmail(tx, userId))
    tx.emit({ type: 'USER_UPDATE', audience: { userIds: [userId] }, data })
    return user
  } catch (error) {
    throw takenError(error) ?? error
  }
}

/** The address that a person signs in with; null for bots and characters. */
export async function findEmail(db: Queryable, userId: string): Promise<string | null> {
  const row = await db.selectFrom('auth_users').select('email').where('id', '=', userId).executeTakeFirst()
  return row?.email ?? null
}

/**
 * A user as `actor` may know it. A private character exists for its maker, and for those who share a guild or a
 * conversation with it. Throws UnknownUser.
 */
export async function getVisibleUser(app: App, actor: Actor, userId: string): Promise<UserState> {
  const user = await app.users.get(userId)
  if (user.deleted) throw new ApiError('UnknownUser')
  if (user.kind !== 'character' || userId === actor.userId) return user
  const known = await app.db
    .selectFrom('characters as c')
    .select('c.id')
    .where('c.id', '=', userId)
    .where((eb) =>
      eb.or([
        eb('c.visibility', '<>', 'private'),
        eb('c.owner_id', '=', actor.userId),
        eb.exists(
          eb
            .selectFrom('members as a')
            .innerJoin('members as b', 'b.guild_id', 'a.guild_id')
            .select('a.guild_id')
            .where('a.user_id', '=', actor.userId)
            .where('b.user_id', '=', userId),
        ),
        eb.exists(
          eb
            .selectFrom('channel_recipients as a')
            .innerJoin('channel_recipients as b', 'b.channel_id', 'a.channel_id')
            .select('a.channel_id')
            .where('a.user_id', '=', actor.userId)
            .where('b.user_id', '=', userId),
        ),
      ]),
    )
    .executeTakeFirst()
  if (!known) throw new ApiError('UnknownUser')
  return user
}

function checkUsername(actor: Actor, username: string): string {
  if (actor.kind !== 'person') {
    const name = username.trim()
    if (!BOT_NAME.test(name))
      throw invalid('username', 'USERNAME_INVALID', 'Use 2 to 32 characters, none of @ # : `')
    return name
  }
  const parsed = Username.safeParse(username)
  if (!parsed.success)
    throw invalid('username', 'USERNAME_INVALID', parsed.error.issues[0]?.message ?? 'Invalid name')
  requireFreeName(parsed.data)
  return parsed.data
}

async function renameSignIn(tx: Tx, userId: string, username: string): Promise<void> {
  const values = { username, display_username: username, updated_at: new Date() }
  await tx.updateTable('auth_users').set(values).where('id', '=', userId).execute()
}
