import type { BusEvent } from '../bus/bus.ts'
import type { Session } from './session.ts'

/** A session on its way into the guild: what happens meanwhile is kept for it. */
export interface Hold {
  session: Session
  events: BusEvent[]
  /** Something was missed: what was read for it must be read again. */
  void: boolean
}

/** What was read from the database for a session, and when. */
export interface Entry {
  version: bigint
  roleIds: readonly string[]
  timedOutUntilMs: number | null
  /** Members that were told with it, so that their joining is not told again. */
  memberIds: ReadonlySet<string>
}

/** Changes of what GUILD_CREATE holds whole; it was made from the state after them. */
const STATE_EVENTS: ReadonlySet<string> = new Set([
  'GUILD_UPDATE',
  'GUILD_DELETE',
  'GUILD_ROLE_CREATE',
  'GUILD_ROLE_UPDATE',
  'GUILD_ROLE_DELETE',
  'CHANNEL_CREATE',
  'CHANNEL_UPDATE',
  'CHANNEL_DELETE',
])

/** Whether the snapshot that was read for the session already tells of the event. */
export function isInSnapshot(event: BusEvent, entry: Entry): boolean {
  if (event.change && STATE_EVENTS.has(event.type)) return true
  const userId = (event.data as { user?: { id?: string } }).user?.id ?? ''
  if (event.type === 'GUILD_MEMBER_ADD') return entry.memberIds.has(userId)
  return event.type === 'GUILD_MEMBER_REMOVE' && BigInt(event.version ?? 0) <= entry.version
}

/** What was read of a member, and what was heard since; null if it was removed. */
export function withChanges(
  userId: string,
  entry: Entry,
  events: readonly BusEvent[],
): { roleIds: readonly string[]; timedOutUntilMs: number | null; factsVersion: bigint } | null {
  let facts = { roleIds: entry.roleIds, timedOutUntilMs: entry.timedOutUntilMs, factsVersion: entry.version }
  for (const event of events) {
    const version = BigInt(event.version ?? 0)
    if (!event.change || version <= facts.factsVersion) continue
    const data = event.data as {
      user?: { id: string }
      roles?: string[]
      role_id?: string
      communication_disabled_until?: string | null
    }
    if (event.type === 'GUILD_ROLE_DELETE') {
      facts = { ...facts, roleIds: facts.roleIds.filter((id) => id !== data.role_id) }
    } else if (data.user?.id === userId && event.type === 'GUILD_MEMBER_REMOVE') return null
    else if (data.user?.id === userId && event.type === 'GUILD_MEMBER_UPDATE') {
      const until = data.communication_disabled_until
      facts = {
        roleIds: data.roles ?? [],
        timedOutUntilMs: until ? Date.parse(until) : null,
        factsVersion: version,
      }
    }
  }
  return facts
}
