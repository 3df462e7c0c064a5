import { invalid } from '@convive/protocol/errors'
import { z } from 'zod'
import { applicationToWire, privateApplicationToWire } from '../../accounts/application-wire.ts'
import { getApplication, getOwnApplication } from '../../accounts/applications.ts'
import { userToWire } from '../../accounts/wire.ts'
import { addBot } from '../../guilds/bots.ts'
import { listUserGuilds } from '../../guilds/user-guilds.ts'
import { type AnyRoute, route } from '../route.ts'
import { Id } from './guild-fields.ts'

/** As many guilds as a person may be in. */
const GUILDS_SHOWN = 200
const MAX_PERMISSIONS = 1n << 63n

const permissions = z
  .union([z.string().regex(/^\d{1,20}$/), z.number().int().min(0).transform(String)])
  .transform(BigInt)
  .refine((bits) => bits < MAX_PERMISSIONS, 'Not a set of permissions.')
const AuthorizeQuery = z.object({
  client_id: Id,
  scope: z.string().max(200).optional(),
  permissions: permissions.optional(),
})
const AuthorizeBody = z.object({
  guild_id: Id.optional(),
  permissions: permissions.optional(),
  authorize: z.boolean().default(true),
})

export const oauth2Routes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/oauth2/applications/@me',
    auth: 'bot',
    handler: async ({ app, actor }) =>
      privateApplicationToWire(app, await getOwnApplication(app.db, actor, actor.userId)),
  }),
  route({
    method: 'GET',
    path: '/oauth2/@me',
    auth: 'bot',
    handler: async ({ app, actor }) => ({
      application: await applicationToWire(app, await getApplication(app.db, actor.userId)),
      scopes: ['bot'],
      // A bot's token ends by being reset, and only then.
      expires: new Date(app.now() + 365 * 86_400_000).toISOString(),
      user: userToWire(await app.users.get(actor.userId)),
    }),
  }),
  route({
    method: 'GET',
    path: '/oauth2/authorize',
    auth: 'person',
    query: AuthorizeQuery,
    handler: async ({ app, actor, query }) => {
      const application = await applicationToWire(app, await getApplication(app.db, query.client_id))
      const guilds = await listUserGuilds(app, actor.userId, { limit: GUILDS_SHOWN })
      return {
        application,
        bot: application.bot,
        user: userToWire(await app.users.get(actor.userId)),
        guilds: guilds.map(({ id, name, icon, permissions, owner }) => ({
          id,
          name,
          icon,
          permissions,
          owner,
          mfa_level: 0,
        })),
        redirect_uri: null,
        authorized: false,
      }
    },
  }),
  route({
    method: 'POST',
    path: '/oauth2/authorize',
    auth: 'person',
    query: AuthorizeQuery,
    body: AuthorizeBody,
    handler: async ({ app, actor, query, body }) => {
      const scopes = (query.scope ?? 'bot').split(/[\s+]+/)
      if (!scopes.includes('bot'))
        throw invalid('scope', 'INVALID_SCOPE', 'Only the scope "bot" can be authorized.')
      if (!body.authorize) return { location: '/oauth2/authorized?error=access_denied' }
      if (!body.guild_id) throw invalid('guild_id', 'BASE_TYPE_REQUIRED', 'This field is required')
      await addBot(app, actor, query.client_id, {
        guildId: body.guild_id,
        permissions: body.permissions ?? query.permissions ?? 0n,
      })
      return { location: '/oauth2/authorized' }
    },
  }),
]
