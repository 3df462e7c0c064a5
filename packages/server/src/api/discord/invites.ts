import { z } from 'zod'
import {
  acceptInvite,
  createInvite,
  deleteInvite,
  getInvite,
  listChannelInvites,
} from '../../guilds/invites.ts'
import { type AnyRoute, route } from '../route.ts'
import { Flag } from './guild-fields.ts'

const DAY_S = 86_400

const NewInvite = z.object({
  max_age: z.number().int().min(0).max(5_184_000).nullish(),
  max_uses: z.number().int().min(0).max(100).nullish(),
  temporary: z.boolean().nullish(),
  unique: z.boolean().nullish(),
})

/** Codes are long, and guessing them is slow besides. */
const LOOK_UP_RATE = { limit: 60, windowMs: 60_000, bucket: 'invites' }

export const inviteRoutes: AnyRoute[] = [
  route({
    method: 'POST',
    path: '/channels/:channel_id/invites',
    body: NewInvite,
    handler: ({ app, actor, params, body }) =>
      createInvite(app, actor, params.channel_id ?? '', {
        maxAge: body.max_age ?? DAY_S,
        maxUses: body.max_uses ?? 0,
        temporary: body.temporary ?? false,
        unique: body.unique ?? false,
      }),
  }),
  route({
    method: 'GET',
    path: '/channels/:channel_id/invites',
    handler: ({ app, actor, params }) => listChannelInvites(app, actor, params.channel_id ?? ''),
  }),
  route({
    method: 'GET',
    path: '/invites/:code',
    auth: 'nobody',
    rate: LOOK_UP_RATE,
    query: z.object({ with_counts: Flag }),
    handler: ({ app, params, query }) => getInvite(app, params.code ?? '', { counts: query.with_counts }),
  }),
  route({
    method: 'POST',
    path: '/invites/:code',
    auth: 'person',
    rate: LOOK_UP_RATE,
    handler: ({ app, actor, params }) => acceptInvite(app, actor, params.code ?? ''),
  }),
  route({
    method: 'DELETE',
    path: '/invites/:code',
    handler: ({ app, actor, params }) => deleteInvite(app, actor, params.code ?? ''),
  }),
]
