import { z } from 'zod'
import { getGuildFor } from '../../guilds/access.ts'
import { countGuild } from '../../guilds/counts.ts'
import { createGuild } from '../../guilds/create.ts'
import { deleteGuild, editGuild } from '../../guilds/edit.ts'
import { leaveGuild } from '../../guilds/members.ts'
import { guildToWire } from '../../guilds/wire.ts'
import { type AnyRoute, route } from '../route.ts'
import { Flag, Id, ImageData } from './guild-fields.ts'

const GuildName = z.string().trim().min(2).max(100)
const NewGuild = z.object({ name: GuildName, icon: ImageData })
const choice = (most: number) => z.number().int().min(0).max(most).nullish()

const EditedGuild = z.object({
  name: GuildName.optional(),
  icon: ImageData,
  banner: ImageData,
  description: z.string().max(300).nullish(),
  owner_id: Id.optional(),
  preferred_locale: z.string().max(10).nullish(),
  verification_level: choice(4),
  default_message_notifications: choice(1),
  explicit_content_filter: choice(2),
  afk_channel_id: Id.nullish(),
  afk_timeout: z.literal([60, 300, 900, 1800, 3600]).nullish(),
  system_channel_id: Id.nullish(),
  system_channel_flags: z.number().int().min(0).max(63).nullish(),
  rules_channel_id: Id.nullish(),
  public_updates_channel_id: Id.nullish(),
})

const CREATE_RATE = { limit: 10, windowMs: 10_000 }

export const guildRoutes: AnyRoute[] = [
  route({
    method: 'POST',
    path: '/guilds',
    body: NewGuild,
    rate: CREATE_RATE,
    status: 201,
    handler: ({ app, actor, body }) => createGuild(app, actor, body),
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id',
    query: z.object({ with_counts: Flag }),
    async handler({ app, actor, params, query }) {
      const { guild } = await getGuildFor(app, actor, params.guild_id ?? '')
      const counts = query.with_counts ? await countGuild(app, guild.guildId) : null
      return {
        ...guildToWire(guild),
        ...(counts && {
          approximate_member_count: counts.members,
          approximate_presence_count: counts.online,
        }),
      }
    },
  }),
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id',
    body: EditedGuild,
    handler: ({ app, actor, params, body }) =>
      editGuild(app, actor, params.guild_id ?? '', {
        name: body.name,
        icon: body.icon,
        banner: body.banner,
        description: body.description,
        ownerId: body.owner_id,
        preferredLocale: body.preferred_locale,
        verificationLevel: body.verification_level,
        defaultMessageNotifications: body.default_message_notifications,
        explicitContentFilter: body.explicit_content_filter,
        afkChannelId: body.afk_channel_id,
        afkTimeout: body.afk_timeout,
        systemChannelId: body.system_channel_id,
        systemChannelFlags: body.system_channel_flags,
        rulesChannelId: body.rules_channel_id,
        publicUpdatesChannelId: body.public_updates_channel_id,
      }),
  }),
  route({
    method: 'DELETE',
    path: '/guilds/:guild_id',
    handler: ({ app, actor, params }) => deleteGuild(app, actor, params.guild_id ?? ''),
  }),
  route({
    method: 'DELETE',
    path: '/users/@me/guilds/:guild_id',
    handler: ({ app, actor, params }) => leaveGuild(app, actor, params.guild_id ?? ''),
  }),
]
