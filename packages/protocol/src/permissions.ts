import { PermissionFlagsBits } from 'discord-api-types/v10'

export type PermissionName = keyof typeof PermissionFlagsBits

/** Bits by name, as Discord documents them: https://discord.com/developers/docs/topics/permissions */
export const Permission = PermissionFlagsBits

/** Every documented bit set: what an owner and an administrator have. */
export const ALL_PERMISSIONS: bigint = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n)

/** What `@everyone` may do in a new guild. */
export const DEFAULT_EVERYONE: bigint =
  Permission.CreateInstantInvite |
  Permission.AddReactions |
  Permission.Stream |
  Permission.ViewChannel |
  Permission.SendMessages |
  Permission.EmbedLinks |
  Permission.AttachFiles |
  Permission.ReadMessageHistory |
  Permission.MentionEveryone |
  Permission.UseExternalEmojis |
  Permission.Connect |
  Permission.Speak |
  Permission.UseVAD |
  Permission.ChangeNickname |
  Permission.UseApplicationCommands |
  Permission.CreatePublicThreads |
  Permission.CreatePrivateThreads |
  Permission.SendMessagesInThreads |
  Permission.UseExternalStickers |
  Permission.SendVoiceMessages |
  Permission.SendPolls

/** What both sides may do in a DM or group DM. */
export const DM_PERMISSIONS: bigint =
  Permission.ViewChannel |
  Permission.SendMessages |
  Permission.ReadMessageHistory |
  Permission.AddReactions |
  Permission.EmbedLinks |
  Permission.AttachFiles |
  Permission.UseExternalEmojis |
  Permission.UseExternalStickers |
  Permission.SendVoiceMessages |
  Permission.PinMessages |
  Permission.UseApplicationCommands

/** What a member in timeout keeps. */
const TIMED_OUT: bigint = Permission.ViewChannel | Permission.ReadMessageHistory

export interface Overwrite {
  id: string
  type: 0 | 1
  allow: bigint
  deny: bigint
}

export interface PermissionFacts {
  guildId: string
  ownerId: string
  /** Permissions of each role by id; `@everyone` has the guild's id. */
  roles: ReadonlyMap<string, { permissions: bigint }>
}

export interface MemberFacts {
  userId: string
  roleIds: readonly string[]
  timedOutUntilMs?: number | null
}

/** A member's permissions in the guild, before any channel: owner, administrator, then the union of roles. */
export function guildPermissions(guild: PermissionFacts, member: MemberFacts, nowMs = Date.now()): bigint {
  if (member.userId === guild.ownerId) return ALL_PERMISSIONS
  let bits = guild.roles.get(guild.guildId)?.permissions ?? 0n
  for (const id of member.roleIds) bits |= guild.roles.get(id)?.permissions ?? 0n
  if (bits & Permission.Administrator) return ALL_PERMISSIONS
  return isTimedOut(member, nowMs) ? bits & TIMED_OUT : bits
}

/**
 * A member's permissions in a channel: `@everyone`'s overwrite, then the roles' together, then the member's own.
 * What follows from a missing bit is taken away too: no view, nothing; no sending, no mentions or files.
 */
export function channelPermissions(
  guild: PermissionFacts,
  member: MemberFacts,
  overwrites: readonly Overwrite[],
  nowMs = Date.now(),
): bigint {
  const base = guildPermissions(guild, member, nowMs)
  if (base === ALL_PERMISSIONS) return base
  let bits = base
  let allow = 0n
  let deny = 0n
  let own: Overwrite | undefined
  for (const overwrite of overwrites) {
    if (overwrite.type === 1) {
      if (overwrite.id === member.userId) own = overwrite
    } else if (overwrite.id === guild.guildId) {
      bits = (bits & ~overwrite.deny) | overwrite.allow
    } else if (member.roleIds.includes(overwrite.id)) {
      allow |= overwrite.allow
      deny |= overwrite.deny
    }
  }
  bits = (bits & ~deny) | allow
  if (own) bits = (bits & ~own.deny) | own.allow
  if (isTimedOut(member, nowMs)) bits &= TIMED_OUT
  return withImplied(bits)
}

/** Whether the set holds every bit of `needed`. */
export function hasPermission(bits: bigint, needed: PermissionName): boolean {
  const bit = Permission[needed]
  return (bits & bit) === bit
}

function withImplied(bits: bigint): bigint {
  if (!(bits & Permission.ViewChannel)) return 0n
  if (!(bits & Permission.SendMessages))
    return (
      bits &
      ~(
        Permission.MentionEveryone |
        Permission.SendTTSMessages |
        Permission.AttachFiles |
        Permission.EmbedLinks
      )
    )
  return bits
}

function isTimedOut(member: MemberFacts, nowMs: number): boolean {
  return member.timedOutUntilMs != null && member.timedOutUntilMs > nowMs
}
