import { ApiError } from '@convive/protocol/errors'
import { z } from 'zod'
import { regenerate, showAlternative } from '../../characters/alternatives.ts'
import { stopTurn } from '../../characters/turns.ts'
import { getAccess, requirePermission } from '../../guilds/access.ts'
import { eventId } from '../../storage/database.ts'
import { type AnyRoute, route } from '../route.ts'

const MESSAGE = '/channels/:channel_id/messages/:message_id'

export const turnRoutes: AnyRoute[] = [
  route({
    method: 'POST',
    path: '/channels/:channel_id/drafts/:draft_id/stop',
    async handler({ app, actor, params }) {
      const access = await getAccess(app, actor, params.channel_id ?? '')
      requirePermission(access, 'SendMessages')
      const stopped = await stopTurn(app.db, app.bus, access.channelId, params.draft_id ?? '', eventId())
      if (!stopped) throw new ApiError('UnknownDraft')
    },
  }),
  route({
    method: 'POST',
    path: `${MESSAGE}/regenerate`,
    rate: { limit: 10, windowMs: 30_000, per: ['channel_id'] },
    handler: ({ app, actor, params }) =>
      regenerate(app, actor, params.channel_id ?? '', params.message_id ?? ''),
  }),
  route({
    method: 'PUT',
    path: `${MESSAGE}/alternative`,
    body: z.object({ index: z.number().int().min(0).max(1000) }),
    handler: ({ app, actor, params, body }) =>
      showAlternative(app, actor, params.channel_id ?? '', params.message_id ?? '', body.index),
  }),
]
