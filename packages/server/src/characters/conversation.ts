import type { UserState } from '../accounts/users.ts'
import type { App } from '../context.ts'
import type { Access } from '../guilds/access.ts'
import { extrasOf } from '../messages/edit.ts'
import { type MessageRow, PIN_MESSAGE, type StoredAttachment } from '../messages/wire.ts'
import { type Line, PROMPT_LINES, type PromptParts } from './prompt.ts'
import type { Turn } from './turns.ts'

/**
 * What a character knows of the room when it takes its turn: what was said there, which it may read. Nothing of other
 * rooms, and nothing of other characters but their names and words. At most two queries.
 */
export async function readConversation(
  app: App,
  access: Access,
  turn: Turn,
): Promise<Omit<PromptParts, 'definition'>> {
  const rows = await readRows(app, turn)
  const users = await app.users.findMany(rows.flatMap((row) => [row.author_id, ...row.mentions]))
  const lines = rows.flatMap((row) => toLine(app, access, row, users, turn.character_id))
  const trigger = rows.find((row) => row.id === turn.trigger_id) ?? rows.at(-1)
  const speaker = trigger && users.get(trigger.author_id)
  const present = [...new Set(lines.filter((line) => !line.own).map((line) => line.name))]
  return {
    userName:
      speaker && speaker.id !== turn.character_id
        ? displayName(app, access, speaker)
        : (present[0] ?? 'friend'),
    presentNames: present,
    lines,
    seed: turn.id,
  }
}

/** The name that others in the room see. */
export function displayName(app: App, access: Access, user: UserState): string {
  const nick = access.kind === 'guild' ? app.guilds.peekMember(access.guild.guildId, user.id)?.nick : null
  return nick ?? user.globalName ?? user.username
}

async function readRows(app: App, turn: Turn): Promise<MessageRow[]> {
  let query = app.db
    .selectFrom('messages')
    .selectAll()
    .where('channel_id', '=', turn.channel_id)
    .orderBy('id', 'desc')
    .limit(PROMPT_LINES)
  // What is written anew must not read itself, nor what came after it.
  if (turn.message_id !== null) query = query.where('id', '<', turn.message_id)
  return (await query.execute()).reverse()
}

function toLine(
  app: App,
  access: Access,
  row: MessageRow,
  users: ReadonlyMap<string, UserState>,
  selfId: string,
): Line[] {
  const author = users.get(row.author_id)
  if (!author || row.type === PIN_MESSAGE || extrasOf(row).notice) return []
  const said = row.content.replaceAll(/<@!?(\d{17,19})>/g, (mention, id: string) => {
    const user = users.get(id)
    return user ? `@${displayName(app, access, user)}` : mention
  })
  const files = (row.attachments as unknown as StoredAttachment[]).map((file) => `[file: ${file.filename}]`)
  const text = [said, ...files].filter((part) => part !== '').join('\n')
  return text === '' ? [] : [{ own: row.author_id === selfId, name: displayName(app, access, author), text }]
}
