import { ApiError } from '@convive/protocol/errors'
import type { Tx } from '../storage/database.ts'

/** A change of who may see or do what in a guild: a gateway dispatch that every node also applies to what it knows. */
export interface GuildChange {
  type: string
  data: object
}

/**
 * Raises the guild's version and locks its row until the commit, so that such changes come one after the other.
 * Ends with the new version; one change event belongs to each. Throws UnknownGuild.
 */
export async function bumpGuild(tx: Tx, guildId: string, times = 1): Promise<bigint> {
  const row = await tx
    .updateTable('guilds')
    .set((eb) => ({ version: eb('version', '+', String(times)) }))
    .where('id', '=', guildId)
    .returning('version')
    .executeTakeFirst()
  if (!row) throw new ApiError('UnknownGuild')
  return BigInt(row.version)
}

/** Publishes changes to everybody in the guild, in order, each with a version of its own. Returns the last version. */
export async function emitChanges(
  tx: Tx,
  guildId: string,
  changes: readonly GuildChange[],
): Promise<bigint | null> {
  if (changes.length === 0) return null
  const last = await bumpGuild(tx, guildId, changes.length)
  let version = last - BigInt(changes.length)
  for (const change of changes)
    tx.emit({ ...change, audience: { guildId }, version: String(++version), change: true })
  return last
}
