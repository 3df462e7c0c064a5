import type { Actor, App } from '../context.ts'
import { getAccess } from '../guilds/access.ts'
import { sendMessage } from '../messages/send.ts'
import { expandMacros, seededRandom } from './cards/macros.ts'
import { getDefinition } from './characters.ts'
import { displayName } from './conversation.ts'

/** The job of CHARACTER_MET_JOB: says the character's first greeting where nothing was said yet. Repeated, it says it once. */
export async function greet(app: App, payload: unknown): Promise<void> {
  const { channelId, characterId, userId } = payload as {
    channelId: string
    characterId: string
    userId: string
  }
  const definition = await getDefinition(app, characterId)
  const greeting = definition.greetings[0]
  if (!greeting) return
  const said = await app.db
    .selectFrom('messages')
    .select('id')
    .where('channel_id', '=', channelId)
    .limit(1)
    .executeTakeFirst()
  if (said) return
  const actor: Actor = { userId: characterId, kind: 'character', sessionId: null }
  const access = await getAccess(app, actor, channelId)
  const user = displayName(app, access, await app.users.get(userId))
  const char = definition.nickname || definition.name
  const content = expandMacros(greeting, { char, user, random: seededRandom(channelId) })
  await sendMessage(app, actor, {
    channelId,
    content,
    nonce: 'greeting',
    enforceNonce: true,
    allowedMentions: { parse: [] },
  })
}
