import { z } from 'zod'
import {
  addReaction,
  clearReactions,
  listReactors,
  parseEmoji,
  removeReaction,
} from '../../messages/reactions.ts'
import { type AnyRoute, route } from '../route.ts'
import { Id } from './guild-fields.ts'

const BASE = '/channels/:channel_id/messages/:message_id/reactions'
const rate = { limit: 10, windowMs: 2_500, per: ['channel_id'], bucket: 'reactions' }

export const reactionRoutes: AnyRoute[] = [
  route({
    method: 'PUT',
    path: `${BASE}/:emoji/@me`,
    rate,
    handler: ({ app, actor, params }) =>
      addReaction(
        app,
        actor,
        params.channel_id ?? '',
        params.message_id ?? '',
        parseEmoji(params.emoji ?? ''),
      ),
  }),
  route({
    method: 'DELETE',
    path: `${BASE}/:emoji/:user_id`,
    rate,
    handler: ({ app, actor, params }) => {
      const userId = params.user_id === '@me' ? actor.userId : (params.user_id ?? '')
      return removeReaction(
        app,
        actor,
        params.channel_id ?? '',
        params.message_id ?? '',
        parseEmoji(params.emoji ?? ''),
        userId,
      )
    },
  }),
  route({
    method: 'GET',
    path: `${BASE}/:emoji`,
    query: z.object({
      after: Id.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(25),
      type: z.coerce.number().int().optional(),
    }),
    handler: ({ app, actor, params, query }) =>
      listReactors(
        app,
        actor,
        params.channel_id ?? '',
        params.message_id ?? '',
        parseEmoji(params.emoji ?? ''),
        query,
      ),
  }),
  route({
    method: 'DELETE',
    path: `${BASE}/:emoji`,
    rate,
    handler: ({ app, actor, params }) =>
      clearReactions(
        app,
        actor,
        params.channel_id ?? '',
        params.message_id ?? '',
        parseEmoji(params.emoji ?? ''),
      ),
  }),
  route({
    method: 'DELETE',
    path: BASE,
    rate,
    handler: ({ app, actor, params }) =>
      clearReactions(app, actor, params.channel_id ?? '', params.message_id ?? '', null),
  }),
]
