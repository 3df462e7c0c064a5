import { sql } from 'kysely'
import type { Queryable } from '../storage/database.ts'
import type { Activity } from './protocol.ts'

/** What others see of what somebody does. https://discord.com/developers/docs/events/gateway-events#presence-update */
export interface ShownPresence {
  status: 'online' | 'idle' | 'dnd' | 'offline'
  activities: readonly Activity[]
  clients: Readonly<Partial<Record<'web' | 'desktop' | 'mobile', string>>>
}

export const OFFLINE: ShownPresence = { status: 'offline', activities: [], clients: {} }
/** Characters are always there. */
export const PRESENT: ShownPresence = { status: 'online', activities: [], clients: { web: 'online' } }

const RANK = { online: 3, dnd: 2, idle: 1 } as const

interface Row {
  user_id: string
  status: string
  activities: unknown
  client: string
}

/** What is shown of each user: the best of their sessions on all nodes. Those who are offline or hide are left out. One query. */
export async function readPresences(
  db: Queryable,
  userIds: readonly string[],
): Promise<Map<string, ShownPresence>> {
  if (userIds.length === 0) return new Map()
  const { rows } = await sql<Row>`
    SELECT user_id, status, activities, client FROM gateway_sessions
    WHERE user_id = ANY (${userIds}::bigint[]) AND status IN ('online', 'idle', 'dnd') ORDER BY id`.execute(
    db,
  )
  const shown = new Map<string, ShownPresence>()
  for (const row of rows) shown.set(row.user_id, better(shown.get(row.user_id), row))
  return shown
}

export function presenceToWire(userId: string, presence: ShownPresence, guildId?: string) {
  return {
    user: { id: userId },
    ...(guildId !== undefined && { guild_id: guildId }),
    status: presence.status,
    activities: presence.activities,
    client_status: presence.clients,
  }
}

function better(known: ShownPresence | undefined, row: Row): ShownPresence {
  const status = row.status as keyof typeof RANK
  const clients = { ...known?.clients, [row.client]: status }
  const activities = row.activities as Activity[]
  if (known && RANK[known.status as keyof typeof RANK] >= RANK[status]) {
    return { ...known, clients, activities: known.activities.length > 0 ? known.activities : activities }
  }
  return { status, clients, activities: activities.length > 0 ? activities : (known?.activities ?? []) }
}
