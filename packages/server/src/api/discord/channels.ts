import { ApiError } from '@convive/protocol/errors'
import { z } from 'zod'
import { getAccess, isDm } from '../../guilds/access.ts'
import { getChannel } from '../../guilds/channel-rows.ts'
import { deleteChannel, editChannel } from '../../guilds/channels.ts'
import { addRecipient, editGroupDm, leaveGroupDm, removeRecipient } from '../../guilds/group-dms.ts'
import { deleteOverwrite, putOverwrite } from '../../guilds/overwrites.ts'
import { closeDm, getPrivateChannel } from '../../guilds/private-channels.ts'
import { type AnyRoute, route } from '../route.ts'
import { channelInput, GuildChannelBody } from './channel-body.ts'
import { Bits, ImageData, OverwriteType } from './guild-fields.ts'

/** One body for both kinds, as Discord has it: which fields count depends on the channel. */
const EditedChannel = GuildChannelBody.extend({ name: z.string().trim().max(100).nullish(), icon: ImageData })
const OverwriteBody = z.object({ type: OverwriteType.nullish(), allow: Bits.nullish(), deny: Bits.nullish() })

export const channelRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/channels/:channel_id',
    async handler({ app, actor, params }) {
      const access = await getAccess(app, actor, params.channel_id ?? '')
      return access.kind === 'guild'
        ? getChannel(app.db, access.channelId)
        : getPrivateChannel(app, actor.userId, access.channelId)
    },
  }),
  route({
    method: 'PATCH',
    path: '/channels/:channel_id',
    body: EditedChannel,
    async handler({ app, actor, params, body }) {
      const access = await getAccess(app, actor, params.channel_id ?? '')
      if (access.kind === 'private') return editGroupDm(app, actor, access.channelId, body)
      const { name, ...rest } = body
      return editChannel(app, actor, access.channelId, { ...channelInput(rest), name: name || undefined })
    },
  }),
  route({
    method: 'DELETE',
    path: '/channels/:channel_id',
    status: 200,
    async handler({ app, actor, params }) {
      const access = await getAccess(app, actor, params.channel_id ?? '')
      if (access.kind === 'guild') return deleteChannel(app, actor, access.channelId)
      return isDm(access) ? closeDm(app, actor, access.channelId) : leaveGroupDm(app, actor, access.channelId)
    },
  }),
  route({
    method: 'PUT',
    path: '/channels/:channel_id/permissions/:overwrite_id',
    body: OverwriteBody,
    async handler({ app, actor, params, body }) {
      const id = params.overwrite_id ?? ''
      const access = await getAccess(app, actor, params.channel_id ?? '')
      if (access.kind !== 'guild') throw new ApiError('CannotExecuteOnDm')
      const type = body.type ?? (access.guild.roles.has(id) ? 0 : 1)
      await putOverwrite(app, actor, access.channelId, {
        id,
        type,
        allow: body.allow ?? 0n,
        deny: body.deny ?? 0n,
      })
    },
  }),
  route({
    method: 'DELETE',
    path: '/channels/:channel_id/permissions/:overwrite_id',
    handler: ({ app, actor, params }) =>
      deleteOverwrite(app, actor, params.channel_id ?? '', params.overwrite_id ?? ''),
  }),
  route({
    method: 'PUT',
    path: '/channels/:channel_id/recipients/:user_id',
    auth: 'person',
    handler: ({ app, actor, params }) =>
      addRecipient(app, actor, params.channel_id ?? '', params.user_id ?? ''),
  }),
  route({
    method: 'DELETE',
    path: '/channels/:channel_id/recipients/:user_id',
    auth: 'person',
    handler: ({ app, actor, params }) =>
      removeRecipient(app, actor, params.channel_id ?? '', params.user_id ?? ''),
  }),
]
