import { z } from 'zod'
import { acknowledge } from '../../messages/read-states.ts'
import { type AnyRoute, route } from '../route.ts'

/** What Discord's own client uses to tell where a person has read to; its public document leaves it out. */
export const readStateRoutes: AnyRoute[] = [
  route({
    method: 'POST',
    path: '/channels/:channel_id/messages/:message_id/ack',
    auth: 'person',
    rate: { limit: 30, windowMs: 5_000, per: ['channel_id'] },
    body: z.object({
      token: z.string().max(200).nullish(),
      manual: z.boolean().optional(),
      mention_count: z.number().optional(),
    }),
    async handler({ app, actor, params, body }) {
      await acknowledge(app, actor, params.channel_id ?? '', params.message_id ?? '', body.manual ?? false)
      return { token: null }
    },
  }),
]
