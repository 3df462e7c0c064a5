import { z } from 'zod'
import type { ChannelInput } from '../../guilds/channels.ts'
import { GUILD_ANNOUNCEMENT, GUILD_CATEGORY, GUILD_TEXT, GUILD_VOICE } from '../../guilds/wire.ts'
import { Id, Overwrites, Position } from './guild-fields.ts'

export const ChannelName = z.string().trim().min(1).max(100)

/** What a guild channel is made of or changed to. */
export const GuildChannelBody = z.object({
  name: ChannelName.optional(),
  type: z.literal([GUILD_TEXT, GUILD_VOICE, GUILD_CATEGORY, GUILD_ANNOUNCEMENT]).nullish(),
  topic: z.string().max(4096).nullish(),
  position: Position.nullish(),
  nsfw: z.boolean().nullish(),
  rate_limit_per_user: z.number().int().min(0).max(21_600).nullish(),
  bitrate: z.number().int().min(8_000).max(384_000).nullish(),
  user_limit: z.number().int().min(0).max(99).nullish(),
  parent_id: Id.nullish(),
  permission_overwrites: Overwrites.nullish(),
})

export function channelInput(body: z.infer<typeof GuildChannelBody>): ChannelInput {
  return {
    name: body.name,
    type: body.type,
    topic: body.topic,
    position: body.position,
    nsfw: body.nsfw,
    rateLimitPerUser: body.rate_limit_per_user,
    bitrate: body.bitrate,
    userLimit: body.user_limit,
    parentId: body.parent_id,
    overwrites: body.permission_overwrites,
  }
}
