import type { Actor, App } from '../context.ts'
import { getAccess, requirePermission } from '../guilds/access.ts'
import { memberToWire } from '../guilds/wire.ts'
import { eventId } from '../storage/database.ts'
import { channelAudience, guildIdOf, versionOf } from './audience.ts'

/** Tells the room that the actor types. Nothing is stored; clients let it fade after ten seconds. */
export async function startTyping(app: App, actor: Actor, channelId: string): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  requirePermission(access, 'SendMessages')
  const user = await app.users.get(actor.userId)
  app.bus.publish({
    id: eventId(),
    type: 'TYPING_START',
    audience: channelAudience(access),
    ...versionOf(access),
    data: {
      channel_id: channelId,
      ...guildIdOf(access),
      user_id: actor.userId,
      timestamp: Math.floor(app.now() / 1000),
      ...(access.kind === 'guild' && { member: memberToWire(access.member, user) }),
    },
  })
}
