import { snowflakeAt } from '@convive/protocol/snowflakes'
import type { App } from '../context.ts'
import { deleteRows } from './edit.ts'

/** Messages deleted in one transaction and told in one event: Discord's own limit. */
const PURGE_MESSAGES = 100

/** Deletes what an account said in a guild since a moment (milliseconds since 1970): part of a ban, whoever calls has checked. */
export async function purgeAuthor(app: App, guildId: string, userId: string, sinceMs: number): Promise<void> {
  const guild = await app.guilds.find(guildId)
  for (const channelId of guild?.channels.keys() ?? []) {
    while (await purgeSome(app, { guildId, channelId }, userId, snowflakeAt(sinceMs)));
  }
}

/** Whether there may be more. */
async function purgeSome(
  app: App,
  audience: { guildId: string; channelId: string },
  userId: string,
  sinceId: string,
): Promise<boolean> {
  const { guildId, channelId } = audience
  return app.db.transact(async (tx) => {
    const rows = await tx
      .selectFrom('messages')
      .selectAll()
      .where('channel_id', '=', channelId)
      .where('id', '>', sinceId)
      .where('author_id', '=', userId)
      .orderBy('id', 'desc')
      .limit(PURGE_MESSAGES)
      .execute()
    if (rows.length === 0) return false
    await deleteRows(tx, channelId, rows)
    const data = { ids: rows.map((row) => row.id), channel_id: channelId, guild_id: guildId }
    tx.emit({ type: 'MESSAGE_DELETE_BULK', audience, data })
    return rows.length === PURGE_MESSAGES
  })
}
