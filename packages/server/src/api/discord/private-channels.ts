import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import { createGroupDm } from '../../guilds/group-dms.ts'
import { listPrivateChannels, openDm } from '../../guilds/private-channels.ts'
import { type AnyRoute, route } from '../route.ts'
import { Id } from './guild-fields.ts'

/** `recipient_id` is what bots send; Discord's own clients send `recipients`, more than one of them for a group. */
const NewPrivateChannel = z
  .object({ recipient_id: Id.nullish(), recipients: z.array(Id).max(LIMITS.groupRecipients).nullish() })
  .refine((body) => body.recipient_id != null || body.recipients != null, {
    path: ['recipient_id'],
    message: 'This field is required',
  })

export const privateChannelRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/users/@me/channels',
    handler: ({ app, actor }) => listPrivateChannels(app, actor.userId),
  }),
  route({
    method: 'POST',
    path: '/users/@me/channels',
    body: NewPrivateChannel,
    rate: { limit: 20, windowMs: 10_000 },
    handler({ app, actor, body }) {
      const recipients = body.recipients ?? []
      const only = body.recipient_id ?? (recipients.length === 1 ? recipients[0] : undefined)
      return only !== undefined ? openDm(app, actor, only) : createGroupDm(app, actor, recipients)
    },
  }),
]
