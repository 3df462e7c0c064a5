import { emitUserChanged, type UserState } from '../accounts/users.ts'
import type { Tx } from '../storage/database.ts'
import { memberState } from './state-load.ts'
import { memberToWire } from './wire.ts'

/**
 * Tells everybody who shares a guild with a user of its new name or picture, by GUILD_MEMBER_UPDATE as Discord does,
 * and the nodes. Permissions do not change, so neither do the guilds' versions.
 */
export async function announceUser(tx: Tx, user: UserState): Promise<void> {
  emitUserChanged(tx, user.id)
  const members = await tx.selectFrom('members').selectAll().where('user_id', '=', user.id).execute()
  for (const row of members) {
    const data = { ...memberToWire(memberState(row), user), guild_id: row.guild_id }
    tx.emit({ type: 'GUILD_MEMBER_UPDATE', audience: { guildId: row.guild_id }, data })
  }
}
