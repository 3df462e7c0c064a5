import type { Presence, Relationship, User } from '../wire.ts'
import { put, type State, type Table, without } from './state.ts'

/** Remembers users that came along with something else. A newer copy replaces fields, never removes them. */
export function withUsers(state: State, users: readonly (User | undefined)[]): State {
  let table: Record<string, User> | null = null
  for (const user of users) {
    if (!user?.username) continue
    const known = (table ?? state.users)[user.id]
    if (known && sameUser(known, user)) continue
    table ??= { ...state.users }
    table[user.id] = { ...known, ...user }
  }
  return table ? { ...state, users: table } : state
}

function sameUser(known: User, user: User): boolean {
  return (Object.keys(user) as (keyof User)[]).every(
    (key) => known[key] === user[key] || (key === 'convive' && known.convive?.kind === user.convive?.kind),
  )
}

/** PRESENCE_UPDATE: who is online. */
export function applyPresences(state: State, presences: readonly Presence[]): State {
  let table: Record<string, Presence['status']> | null = null
  for (const { user, status } of presences) {
    if ((table ?? state.presences)[user.id] === status) continue
    table ??= { ...state.presences }
    table[user.id] = status
  }
  return table ? { ...state, presences: table as Table<Presence['status']> } : state
}

/** RELATIONSHIP_ADD and RELATIONSHIP_UPDATE. */
export function applyRelationship(
  state: State,
  relationship: Partial<Relationship> & { id: string; type: number },
): State {
  const next = { ...state, relationships: put(state.relationships, relationship.id, relationship.type) }
  return withUsers(next, [relationship.user])
}

/** RELATIONSHIP_REMOVE. */
export function removeRelationship(state: State, id: string): State {
  return { ...state, relationships: without(state.relationships, id) }
}

/** USER_UPDATE: somebody changed their name or picture, perhaps oneself on another device. */
export function applyUser(state: State, user: User): State {
  const next = withUsers(state, [user])
  return state.me?.id === user.id ? { ...next, me: { ...state.me, ...user } } : next
}
