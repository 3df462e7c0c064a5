import { z } from 'zod'
import {
  BLOCKED,
  befriend,
  befriendByName,
  block,
  endRelationship,
  listRelationships,
} from '../../accounts/relationships.ts'
import { type AnyRoute, route } from '../route.ts'

const PATH = '/users/@me/relationships'
const REQUEST_RATE = { limit: 30, windowMs: 60_000, bucket: 'friend requests' }

// Discord's clients send the old tag's number as null, and the type of an acceptance not at all.
const RequestBody = z.object({ username: z.string().min(1).max(64) })
const PutBody = z.object({ type: z.union([z.literal(1), z.literal(2)]).nullish() })

export const relationshipRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: PATH,
    auth: 'person',
    handler: ({ app, actor }) => listRelationships(app, actor.userId),
  }),
  route({
    method: 'POST',
    path: PATH,
    auth: 'person',
    rate: REQUEST_RATE,
    body: RequestBody,
    handler: ({ app, actor, body }) => befriendByName(app, actor, body.username),
  }),
  route({
    method: 'PUT',
    path: `${PATH}/:user_id`,
    auth: 'person',
    rate: REQUEST_RATE,
    body: PutBody,
    handler: async ({ app, actor, params, body }) => {
      const { user_id = '' } = params
      if (body.type === BLOCKED) await block(app, actor, user_id)
      else await befriend(app, actor, user_id)
    },
  }),
  route({
    method: 'DELETE',
    path: `${PATH}/:user_id`,
    auth: 'person',
    handler: ({ app, actor, params }) => endRelationship(app, actor, params.user_id ?? ''),
  }),
]
