import { LIMITS } from '@convive/protocol/limits'
import type { z } from 'zod'
import { storable } from '../storage/storable.ts'
import type { Connection } from './connection.ts'
import { identify, resume } from './identify.ts'
import {
  CLOSE,
  Frame,
  Heartbeat,
  Identify,
  IGNORED_OPS,
  OP,
  PresenceUpdate,
  RequestMembers,
  Resume,
} from './protocol.ts'
import { requestMembers } from './request-members.ts'
import type { GatewayServer } from './server.ts'
import type { Session } from './session.ts'

/** Discord's own: events a client may send in a minute. Heartbeats have a count of their own, by the interval. */
const RATE_EVENTS = 120
const RATE_WINDOW_MS = 60_000
const HEARTBEATS_PER_INTERVAL = 10
/** Member requests of one session that wait for the one before. */
const MEMBER_REQUESTS = 20

const requests = new WeakMap<Session, { waiting: number; last: Promise<void> }>()

/** Acts on one frame of a client's. Whatever is wrong with it closes the socket with Discord's code for it. */
export function receive(server: GatewayServer, connection: Connection, bytes: Buffer): void {
  if (!connection.open) return
  const wrong =
    bytes.length > LIMITS.gatewayPayloadBytes ? CLOSE.decodeError : act(server, connection, decode(bytes))
  if (wrong !== null) connection.close(wrong)
}

/** The code to close with, or null if the frame was right. */
type Verdict = number | null

function act(server: GatewayServer, connection: Connection, decoded: unknown): Verdict {
  const frame = Frame.safeParse(decoded)
  if (!frame.success) return CLOSE.decodeError
  const { op, d } = frame.data
  if (!withinRate(server, connection, op)) return CLOSE.rateLimited
  switch (op) {
    case OP.heartbeat:
      return accept(Heartbeat, d, (seq) => onHeartbeat(connection, seq ?? 0))
    case OP.identify:
      return accept(Identify, d, (input) =>
        authenticate(server, connection, () => identify(server, connection, input)),
      )
    case OP.resume:
      return accept(Resume, d, (input) =>
        authenticate(server, connection, () => resume(server, connection, input)),
      )
    case OP.presence:
      return inSession(connection, (session) =>
        accept(PresenceUpdate, d, (presence) => {
          session.presence = presence
          server.presences.changed(session)
          return null
        }),
      )
    case OP.requestMembers:
      return inSession(connection, (session) =>
        accept(RequestMembers, d, (input) => requestInTurn(server, session, input)),
      )
    default:
      return IGNORED_OPS.has(op) ? inSession(connection, () => null) : CLOSE.unknownOp
  }
}

function onHeartbeat(connection: Connection, seq: number): null {
  connection.heartbeatAtMs = performance.now()
  connection.session?.acknowledge(seq)
  connection.sendControl(OP.heartbeatAck)
  return null
}

function authenticate(server: GatewayServer, connection: Connection, work: () => Promise<void>): Verdict {
  if (connection.session || connection.authenticating) return CLOSE.alreadyAuthenticated
  connection.authenticating = true
  work()
    .catch((err) => {
      server.app.log.error({ err }, 'a session could not begin')
      connection.close(CLOSE.unknownError)
    })
    .finally(() => {
      connection.authenticating = false
    })
  return null
}

function inSession(connection: Connection, work: (session: Session) => Verdict): Verdict {
  const { session } = connection
  return session && !session.early ? work(session) : CLOSE.notAuthenticated
}

/** One after the other: each may be of any size. */
function requestInTurn(server: GatewayServer, session: Session, input: RequestMembers): Verdict {
  const queue = requests.get(session) ?? { waiting: 0, last: Promise.resolve() }
  requests.set(session, queue)
  if (queue.waiting >= MEMBER_REQUESTS) return CLOSE.rateLimited
  queue.waiting++
  queue.last = queue.last
    .then(() => (session.ended ? undefined : requestMembers(server, session, input)))
    .catch((err) => server.app.log.error({ err }, 'members could not be sent'))
    .finally(() => {
      queue.waiting--
    })
  return null
}

function accept<T>(schema: z.ZodType<T>, d: unknown, act: (input: T) => Verdict): Verdict {
  const parsed = schema.safeParse(d)
  return parsed.success ? act(parsed.data) : CLOSE.decodeError
}

/** An id sent as a bare integer (discord.py does so) keeps its digits, as a string. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  const isLong = typeof value === 'number' && !Number.isSafeInteger(value)
  return isLong && /^\d+$/.test(context?.source ?? '') ? context?.source : value
}

function decode(bytes: Buffer): unknown {
  try {
    return storable(JSON.parse(bytes.toString(), keepDigits))
  } catch {
    return undefined
  }
}

function withinRate(server: GatewayServer, connection: Connection, op: number): boolean {
  const nowMs = performance.now()
  if (nowMs - connection.windowStartMs >= RATE_WINDOW_MS) {
    connection.windowStartMs = nowMs
    connection.events = 0
    connection.heartbeats = 0
  }
  if (op !== OP.heartbeat) return ++connection.events <= RATE_EVENTS
  const beats = (HEARTBEATS_PER_INTERVAL * RATE_WINDOW_MS) / server.app.config.timing.heartbeatIntervalMs
  return ++connection.heartbeats <= Math.max(RATE_EVENTS, beats)
}
