import { ApiError, invalid } from '@convive/protocol/errors'
import { guildPermissions, hasPermission, type PermissionName } from '@convive/protocol/permissions'
import { readUser } from '../accounts/users.ts'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { requirePermission } from './access.ts'
import { emitChanges } from './bump.ts'
import { requireAbove, requireAboveRole } from './hierarchy.ts'
import { type LockedGuild, lockGuildFor } from './locked.ts'
import type { MemberState } from './state.ts'
import { loadMember, memberState } from './state-load.ts'
import { memberToWire, type WireMember } from './wire.ts'

/** What may be changed of a member. Absent: left as it is. */
export interface EditMember {
  nick?: string | null | undefined
  roleIds?: readonly string[] | undefined
  mute?: boolean | undefined
  deaf?: boolean | undefined
  /** Milliseconds since 1970; null ends a timeout. */
  timedOutUntilMs?: number | null | undefined
  flags?: number | undefined
}

const TIMEOUT_MS = 28 * 24 * 60 * 60 * 1000
/** The only member flag that is set by hand: BYPASSES_VERIFICATION. */
const EDITABLE_FLAGS = 1 << 2

/**
 * Changes a member, oneself included. Each field needs its own permission, and all but roles a higher role than the
 * member's; roles may be given and taken only below one's own. Throws UnknownMember, UnknownRole, MissingPermissions.
 */
export async function editMember(
  app: App,
  actor: Actor,
  guildId: string,
  userId: string,
  input: EditMember,
): Promise<WireMember> {
  return changeMember(app, actor, guildId, userId, () => input)
}

/** Gives a member one role. */
export async function giveRole(
  app: App,
  actor: Actor,
  guildId: string,
  userId: string,
  roleId: string,
): Promise<void> {
  await changeMember(app, actor, guildId, userId, (member) => ({ roleIds: [...member.roleIds, roleId] }))
}

/** Takes one role from a member. */
export async function takeRole(
  app: App,
  actor: Actor,
  guildId: string,
  userId: string,
  roleId: string,
): Promise<void> {
  await changeMember(app, actor, guildId, userId, (member, locked) => {
    if (!locked.guild.roles.has(roleId)) throw new ApiError('UnknownRole')
    return { roleIds: member.roleIds.filter((id) => id !== roleId) }
  })
}

async function changeMember(
  app: App,
  actor: Actor,
  guildId: string,
  userId: string,
  change: (member: MemberState, locked: LockedGuild) => EditMember,
): Promise<WireMember> {
  return app.db.transact(async (tx) => {
    const locked = await lockGuildFor(app, tx, actor, guildId)
    const before = await loadMember(tx, guildId, userId)
    const user = before && (await readUser(tx, userId))
    if (!before || !user) throw new ApiError('UnknownMember')
    const input = change(before, locked)
    requireMayEdit(app, locked, before, input)
    const roleIds = input.roleIds && newRoles(locked, before, input.roleIds)
    const after = await writeMember(tx, before, { ...input, roleIds })
    const wire = memberToWire(after, user)
    if (after !== before)
      await emitChanges(tx, guildId, [{ type: 'GUILD_MEMBER_UPDATE', data: { ...wire, guild_id: guildId } }])
    return wire
  })
}

function requireMayEdit(app: App, locked: LockedGuild, target: MemberState, input: EditMember): void {
  const self = target.userId === locked.member.userId
  const needs = (name: PermissionName) => {
    requirePermission(locked, name)
    if (!self) requireAbove(locked.guild, locked.member, target)
  }
  if (input.nick !== undefined) {
    if (!self) needs('ManageNicknames')
    else if (!hasPermission(locked.permissions, 'ManageNicknames'))
      requirePermission(locked, 'ChangeNickname')
  }
  if (input.mute !== undefined) needs('MuteMembers')
  if (input.deaf !== undefined) needs('DeafenMembers')
  if (input.flags !== undefined) needs('ManageGuild')
  if (input.roleIds !== undefined) requirePermission(locked, 'ManageRoles')
  if (input.timedOutUntilMs === undefined) return
  requirePermission(locked, 'ModerateMembers')
  requireAbove(locked.guild, locked.member, target)
  const theirs = guildPermissions(locked.guild, { ...target, timedOutUntilMs: null })
  if (input.timedOutUntilMs !== null && hasPermission(theirs, 'Administrator'))
    throw new ApiError('MissingPermissions')
  if ((input.timedOutUntilMs ?? 0) > app.now() + TIMEOUT_MS)
    throw invalid('communication_disabled_until', 'TIMEOUT_TOO_LONG', 'Must be at most 28 days from now.')
}

/** The wanted roles, once each. Throws where one that is given or taken is not below the actor's own highest. */
function newRoles(locked: LockedGuild, before: MemberState, wanted: readonly string[]): string[] {
  const { guild, member } = locked
  const after = new Set(wanted.filter((id) => id !== guild.guildId))
  const had = new Set(before.roleIds)
  for (const id of after.symmetricDifference(had)) {
    const role = guild.roles.get(id)
    if (!role) throw new ApiError('UnknownRole')
    if (role.managed) throw new ApiError('InvalidRole')
    requireAboveRole(guild, member, role)
  }
  return [...after]
}

/** Writes what differs; ends with the same object if nothing does. */
async function writeMember(tx: Tx, before: MemberState, input: EditMember): Promise<MemberState> {
  const flags =
    input.flags === undefined
      ? before.flags
      : (before.flags & ~EDITABLE_FLAGS) | (input.flags & EDITABLE_FLAGS)
  const wanted: MemberState = {
    ...before,
    nick: input.nick === undefined ? before.nick : input.nick || null,
    roleIds: input.roleIds ?? before.roleIds,
    mute: input.mute ?? before.mute,
    deaf: input.deaf ?? before.deaf,
    flags,
    timedOutUntilMs: input.timedOutUntilMs === undefined ? before.timedOutUntilMs : input.timedOutUntilMs,
  }
  if (JSON.stringify(wanted) === JSON.stringify(before)) return before
  const row = await tx
    .updateTable('members')
    .set({
      nick: wanted.nick,
      role_ids: [...wanted.roleIds],
      mute: wanted.mute,
      deaf: wanted.deaf,
      flags: wanted.flags,
      timed_out_until: wanted.timedOutUntilMs === null ? null : new Date(wanted.timedOutUntilMs),
    })
    .where('guild_id', '=', before.guildId)
    .where('user_id', '=', before.userId)
    .returningAll()
    .executeTakeFirstOrThrow()
  return memberState(row)
}
