import { clearState, dispatch, setStatus } from '../store/store.ts'
import { onUnauthorized } from './client.ts'
import { getGateway } from './discord.ts'
import { type Gateway, openGateway } from './gateway.ts'
import { OP } from './gateway-machine.ts'
import { currentToken, keepToken } from './token.ts'

let gateway: Gateway | null = null
let starting = false
const endings = new Set<() => void>()
const listeners = new Set<(event: string, data: unknown) => void>()

/** Hears when the session ended, by one's own will or the server's. */
export function onSessionEnd(listener: () => void): () => void {
  endings.add(listener)
  return () => void endings.delete(listener)
}

/** Hears every dispatch after the store: for what is fetched rather than stored. */
export function onDispatch(listener: (event: string, data: unknown) => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

const GATEWAY_RETRY_MS = 3000

/** Connects, if somebody is signed in and it is not yet done. */
export async function startSession(): Promise<void> {
  const token = currentToken()
  if (!token || gateway || starting) return
  starting = true
  try {
    const { url } = await getGateway()
    if (currentToken() !== token) return
    gateway = openGateway(token, url, { onDispatch: received, onStatus: setStatus, onRefused: endSession })
  } catch {
    setStatus('reconnecting')
    setTimeout(() => void startSession(), GATEWAY_RETRY_MS)
  } finally {
    starting = false
  }
}

/** Begins the session of a new token. */
export function beginSession(token: string): void {
  gateway?.stop()
  gateway = null
  clearState()
  keepToken(token)
  void startSession()
}

/** Forgets token and state. The server is told by the caller, where it can be. */
export function endSession(): void {
  gateway?.stop()
  gateway = null
  keepToken(null)
  clearState()
  for (const listener of endings) listener()
}

/** Asks for a guild's whole member list; it comes as GUILD_MEMBERS_CHUNK. */
export function requestMembers(guildId: string): void {
  gateway?.send({ op: OP.requestMembers, d: { guild_id: guildId, query: '', limit: 0, presences: true } })
}

function received(event: string, data: unknown): void {
  dispatch(event, data)
  for (const listener of listeners) listener(event, data)
}

onUnauthorized(endSession)
