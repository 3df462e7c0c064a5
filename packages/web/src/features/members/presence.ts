import { isCharacter } from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'
import type { Status } from '../../ui/avatar.tsx'
import type { User } from '../../wire.ts'

/** How somebody's presence is drawn. A character answers at any hour, so it is online unless the server says otherwise. */
export function statusOf(state: State, user: User): Status {
  const status = user.id === state.me?.id ? 'online' : state.presences[user.id]
  if (status === undefined) return isCharacter(user) ? 'online' : 'offline'
  return status === 'invisible' ? 'offline' : status
}
