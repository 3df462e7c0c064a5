import { ApiError } from '@convive/protocol/errors'
import { getApplication, getOwnApplication, requireOwner } from '../accounts/applications.ts'
import { emitTokenRevoked } from '../accounts/tokens.ts'
import { emitUserChanged } from '../accounts/users.ts'
import type { Actor, App } from '../context.ts'
import { requirePermission } from './access.ts'
import { lockGuildFor } from './locked.ts'
import { addMember, removeMember } from './members.ts'
import { createBotRole } from './roles.ts'
import { loadMember } from './state-load.ts'

/**
 * Adds an application's bot to a guild with a role of its own. Needs MANAGE_GUILD; of `permissions` the bot gets
 * those that the actor has. Nothing changes if it is there already. Throws MissingAccess for a bot that is not public.
 */
export async function addBot(
  app: App,
  actor: Actor,
  applicationId: string,
  to: { guildId: string; permissions: bigint },
): Promise<void> {
  const application = await getApplication(app.db, applicationId)
  if (!application.bot_public && application.owner_id !== actor.userId) throw new ApiError('MissingAccess')
  await app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, to.guildId)
    requirePermission(locked, 'ManageGuild')
    if (await loadMember(tx, to.guildId, applicationId)) return
    const permissions = to.permissions & locked.permissions
    const role = await createBotRole(tx, to.guildId, {
      id: applicationId,
      name: application.name,
      permissions,
    })
    await addMember(app, tx, to.guildId, applicationId, { roleIds: [role.id] })
  })
}

/**
 * Deletes an application. Its bot leaves every guild and its token is void; what it wrote stays, by a deleted user.
 * Owner only. Throws General while the bot owns a guild.
 */
export async function deleteApplication(app: App, actor: Actor, applicationId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    requireOwner(actor, await getOwnApplication(tx, actor, applicationId))
    const owned = tx.selectFrom('guilds').select('id').where('owner_id', '=', applicationId)
    if (await owned.executeTakeFirst()) throw new ApiError('General', { message: 'The bot owns a guild' })
    await tx.deleteFrom('applications').where('id', '=', applicationId).execute()
    const memberships = await tx
      .selectFrom('members')
      .select('guild_id')
      .where('user_id', '=', applicationId)
      .orderBy('guild_id')
      .execute()
    for (const { guild_id } of memberships) await removeMember(tx, guild_id, applicationId)
    await tx
      .updateTable('users')
      .set({ deleted_at: new Date(app.now()) })
      .where('id', '=', applicationId)
      .execute()
    emitTokenRevoked(tx, applicationId)
    emitUserChanged(tx, applicationId)
  })
}
