import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import { findEmail, getVisibleUser, prepareProfile, writeProfile } from '../../accounts/profile.ts'
import { selfToWire, userToWire } from '../../accounts/wire.ts'
import { announceUser } from '../../guilds/announce-user.ts'
import { listMutualGuilds, listUserGuilds } from '../../guilds/user-guilds.ts'
import { type AnyRoute, route } from '../route.ts'
import { Id } from './guild-fields.ts'

const GUILDS_PAGE = 200
const BIO_CHARS = 190
/** A data URI: a third longer than the bytes. */
const IMAGE_CHARS = 12 * 1024 * 1024

const image = z.string().max(IMAGE_CHARS).nullish()
const ProfileBody = z.object({
  username: z.string().max(64).optional(),
  global_name: z.string().trim().max(LIMITS.usernameChars).nullish().transform(emptyAsNull),
  avatar: image,
  banner: image,
  bio: z.string().max(BIO_CHARS).nullish(),
  accent_color: z.number().int().min(0).max(0xffffff).nullish(),
})

const GuildsQuery = z.object({
  before: Id.optional(),
  after: Id.optional(),
  limit: z.coerce.number().int().min(1).max(GUILDS_PAGE).default(GUILDS_PAGE),
  with_counts: z
    .enum(['true', 'True', '1', 'false', 'False', '0'])
    .default('false')
    .transform((value) => value === '1' || value.toLowerCase() === 'true'),
})

export const userRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/users/@me',
    handler: async ({ app, actor }) =>
      selfToWire(await app.users.get(actor.userId), await findEmail(app.db, actor.userId)),
  }),
  route({
    method: 'PATCH',
    path: '/users/@me',
    rate: { limit: 20, windowMs: 60_000 },
    body: ProfileBody,
    handler: async ({ app, actor, body }) => {
      const changes = await prepareProfile(app, actor, body)
      const user = await app.db.transact(async (tx) => {
        const written = await writeProfile(tx, actor.userId, changes)
        await announceUser(tx, written)
        return written
      })
      return selfToWire(user, await findEmail(app.db, actor.userId))
    },
  }),
  route({
    method: 'GET',
    path: '/users/@me/guilds',
    query: GuildsQuery,
    handler: ({ app, actor, query }) =>
      listUserGuilds(app, actor.userId, {
        before: query.before,
        after: query.after,
        limit: query.limit,
        withCounts: query.with_counts,
      }),
  }),
  route({
    method: 'GET',
    path: '/users/:user_id',
    handler: async ({ app, actor, params }) =>
      userToWire(await getVisibleUser(app, actor, params.user_id ?? '')),
  }),
  route({
    method: 'GET',
    path: '/users/:user_id/profile',
    handler: async ({ app, actor, params }) => {
      const userId = params.user_id === '@me' ? actor.userId : (params.user_id ?? '')
      const user = await getVisibleUser(app, actor, userId)
      return {
        user: { ...userToWire(user), bio: user.bio },
        connected_accounts: [],
        premium_since: null,
        premium_type: null,
        mutual_guilds: await listMutualGuilds(app, actor.userId, userId),
        user_profile: { bio: user.bio, accent_color: user.accentColor, banner: user.banner, pronouns: '' },
        badges: [],
      }
    },
  }),
]

function emptyAsNull(name: string | null | undefined): string | null | undefined {
  return name === '' ? null : name
}
