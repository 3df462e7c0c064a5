// The gateway connection as one state machine: what happened goes in, what to do comes out. No socket, clock or DOM here.
// https://discord.com/developers/docs/events/gateway

export const OP = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presence: 3,
  resume: 6,
  reconnect: 7,
  requestMembers: 8,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const

export interface Frame {
  op: number
  d: unknown
  s?: number | null
  t?: string | null
}

export type Phase =
  | 'idle'
  | 'connecting'
  | 'greeting'
  | 'identifying'
  | 'resuming'
  | 'ready'
  | 'waiting'
  | 'ended'

/** What a person is told: `ready`, first `connecting`, `reconnecting` after a loss, `offline` without a network, `ended` when signed out. */
export type ConnectionStatus = 'connecting' | 'ready' | 'reconnecting' | 'offline' | 'ended'

export interface GatewayState {
  phase: Phase
  token: string
  url: string
  resumeUrl: string | null
  sessionId: string | null
  seq: number | null
  /** Failed attempts since the last READY or RESUMED. */
  attempts: number
  acknowledged: boolean
  heartbeatMs: number
  wasReady: boolean
  online: boolean
}

export type GatewayInput =
  | { type: 'start' }
  | { type: 'opened' }
  | { type: 'frame'; frame: Frame }
  | { type: 'closed'; code: number }
  | { type: 'heartbeatDue' }
  | { type: 'retryDue' }
  | { type: 'online' }
  | { type: 'offline' }
  | { type: 'stop' }

export type GatewayEffect =
  | { type: 'connect'; url: string }
  | { type: 'send'; frame: Frame }
  | { type: 'close'; code: number }
  | { type: 'heartbeatIn'; ms: number }
  | { type: 'retryIn'; ms: number }
  | { type: 'cancelTimers' }
  | { type: 'dispatch'; event: string; data: unknown }
  | { type: 'refused' }

/** Close codes after which a session is gone and identify must start anew. */
const SESSION_LOST: ReadonlySet<number> = new Set([1000, 4003, 4007, 4009])
/** Close codes after which trying again cannot help. */
const HOPELESS: ReadonlySet<number> = new Set([4004, 4010, 4011, 4012, 4013, 4014])
/** We close with this to keep the session resumable. */
const CLOSE_RESUMABLE = 4900

const BACKOFF_MS_FIRST = 500
const BACKOFF_MS_MAX = 30_000

/** The state before `start`. */
export function initialGateway(token: string, url: string): GatewayState {
  return {
    phase: 'idle',
    token,
    url,
    resumeUrl: null,
    sessionId: null,
    seq: null,
    attempts: 0,
    acknowledged: true,
    heartbeatMs: 45_000,
    wasReady: false,
    online: true,
  }
}

/** What the state means for the person in front of the page. */
export function connectionStatus(state: GatewayState): ConnectionStatus {
  if (state.phase === 'ended') return 'ended'
  if (state.phase === 'ready') return 'ready'
  if (!state.online) return 'offline'
  return state.wasReady || state.attempts > 1 ? 'reconnecting' : 'connecting'
}

type Step = [GatewayState, GatewayEffect[]]

/** One step of the machine. `random` is 0 to 1, for jitter. */
export function gatewayStep(state: GatewayState, input: GatewayInput, random: () => number): Step {
  if (state.phase === 'ended') return [state, []]
  switch (input.type) {
    case 'start':
      return connect(state)
    case 'opened':
      return [{ ...state, phase: 'greeting' }, []]
    case 'frame':
      return onFrame(state, input.frame, random)
    case 'closed':
      return onClosed(state, input.code, random)
    case 'heartbeatDue':
      return onHeartbeatDue(state)
    case 'retryDue':
      return state.phase === 'waiting' ? connect(state) : [state, []]
    case 'online':
      if (state.phase === 'waiting') return connect({ ...state, online: true, attempts: 0 })
      return [{ ...state, online: true }, []]
    case 'offline':
      return [{ ...state, online: false }, []]
    case 'stop':
      return [{ ...state, phase: 'ended' }, [{ type: 'cancelTimers' }, { type: 'close', code: 1000 }]]
  }
}

function connect(state: GatewayState): Step {
  const url = state.sessionId && state.resumeUrl ? state.resumeUrl : state.url
  return [{ ...state, phase: 'connecting' }, [{ type: 'cancelTimers' }, { type: 'connect', url }]]
}

function onFrame(state: GatewayState, frame: Frame, random: () => number): Step {
  switch (frame.op) {
    case OP.hello: {
      const heartbeatMs = (frame.d as { heartbeat_interval: number }).heartbeat_interval
      const next: GatewayState = {
        ...state,
        heartbeatMs,
        acknowledged: true,
        phase: state.sessionId ? 'resuming' : 'identifying',
      }
      return [
        next,
        [
          { type: 'heartbeatIn', ms: heartbeatMs * random() },
          { type: 'send', frame: greetingFrame(next) },
        ],
      ]
    }
    case OP.heartbeat:
      return [state, [{ type: 'send', frame: { op: OP.heartbeat, d: state.seq } }]]
    case OP.heartbeatAck:
      return [{ ...state, acknowledged: true }, []]
    case OP.reconnect:
      return [state, [{ type: 'close', code: CLOSE_RESUMABLE }]]
    case OP.invalidSession: {
      const next = frame.d === true ? state : forgetSession(state)
      return [next, [{ type: 'close', code: CLOSE_RESUMABLE }]]
    }
    case OP.dispatch:
      return onDispatch(state, frame)
    default:
      return [state, []]
  }
}

function onDispatch(state: GatewayState, frame: Frame): Step {
  const event = frame.t ?? ''
  let next: GatewayState = { ...state, seq: frame.s ?? state.seq }
  if (event === 'READY') {
    const ready = frame.d as { session_id: string; resume_gateway_url: string }
    next = { ...next, sessionId: ready.session_id, resumeUrl: ready.resume_gateway_url }
  }
  if (event === 'READY' || event === 'RESUMED')
    next = { ...next, phase: 'ready', attempts: 0, wasReady: true, online: true }
  return [next, [{ type: 'dispatch', event, data: frame.d }]]
}

function greetingFrame(state: GatewayState): Frame {
  if (state.sessionId)
    return { op: OP.resume, d: { token: state.token, session_id: state.sessionId, seq: state.seq } }
  const properties = { os: 'web', browser: 'Convive', device: 'Convive' }
  return { op: OP.identify, d: { token: state.token, properties, convive: true } }
}

function onHeartbeatDue(state: GatewayState): Step {
  // No answer to the last one: the socket is dead whatever the browser says.
  if (!state.acknowledged) return [state, [{ type: 'close', code: CLOSE_RESUMABLE }]]
  return [
    { ...state, acknowledged: false },
    [
      { type: 'send', frame: { op: OP.heartbeat, d: state.seq } },
      { type: 'heartbeatIn', ms: state.heartbeatMs },
    ],
  ]
}

function onClosed(state: GatewayState, code: number, random: () => number): Step {
  if (HOPELESS.has(code))
    return [{ ...state, phase: 'ended' }, [{ type: 'cancelTimers' }, { type: 'refused' }]]
  let next = SESSION_LOST.has(code) ? forgetSession(state) : state
  // A resume url that does not even open is not tried forever.
  if (next.attempts >= 3 && next.phase === 'connecting') next = { ...next, resumeUrl: null }
  next = { ...next, phase: 'waiting', attempts: next.attempts + 1 }
  return [next, [{ type: 'cancelTimers' }, { type: 'retryIn', ms: backoffMs(next.attempts, random) }]]
}

function forgetSession(state: GatewayState): GatewayState {
  return { ...state, sessionId: null, resumeUrl: null, seq: null }
}

function backoffMs(attempts: number, random: () => number): number {
  const ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** (attempts - 1))
  return Math.round(ceiling / 2 + (ceiling / 2) * random())
}
