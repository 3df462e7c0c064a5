import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import { getGuildFor } from '../../guilds/access.ts'
import { moveChannels } from '../../guilds/channel-order.ts'
import { channelsToWire, readActivity } from '../../guilds/channel-rows.ts'
import { createChannel } from '../../guilds/channels.ts'
import { listGuildInvites } from '../../guilds/invites.ts'
import { visibleChannels } from '../../guilds/snapshot.ts'
import { type AnyRoute, route } from '../route.ts'
import { ChannelName, channelInput, GuildChannelBody } from './channel-body.ts'
import { Id, Position } from './guild-fields.ts'

const NewChannel = GuildChannelBody.extend({ name: ChannelName })

const Positions = z
  .array(
    z.object({
      id: Id,
      position: Position.nullish(),
      parent_id: Id.nullish(),
      lock_permissions: z.boolean().nullish(),
    }),
  )
  .max(LIMITS.channelsPerGuild)

export const guildChannelRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/guilds/:guild_id/channels',
    async handler({ app, actor, params }) {
      const { guild, member } = await getGuildFor(app, actor, params.guild_id ?? '')
      return channelsToWire(
        visibleChannels(guild, member, app.now()),
        await readActivity(app.db, guild.guildId),
      )
    },
  }),
  route({
    method: 'POST',
    path: '/guilds/:guild_id/channels',
    body: NewChannel,
    status: 201,
    handler: ({ app, actor, params, body }) =>
      createChannel(app, actor, params.guild_id ?? '', { ...channelInput(body), name: body.name }),
  }),
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id/channels',
    body: Positions,
    handler: ({ app, actor, params, body }) =>
      moveChannels(
        app,
        actor,
        params.guild_id ?? '',
        body.map((move) => ({
          id: move.id,
          position: move.position,
          parentId: move.parent_id,
          lockPermissions: move.lock_permissions,
        })),
      ),
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id/invites',
    handler: ({ app, actor, params }) => listGuildInvites(app, actor, params.guild_id ?? ''),
  }),
]
