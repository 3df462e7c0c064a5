import {
  type ConnectionStatus,
  connectionStatus,
  type Frame,
  type GatewayEffect,
  type GatewayInput,
  gatewayStep,
  initialGateway,
} from './gateway-machine.ts'

export interface GatewayHandlers {
  onDispatch: (event: string, data: unknown) => void
  onStatus: (status: ConnectionStatus) => void
  /** The server refuses the token for good. */
  onRefused: () => void
}

export interface Gateway {
  send: (frame: Frame) => void
  stop: () => void
}

/** A socket that has not greeted after this long is given up. */
const OPEN_TIMEOUT_MS = 20_000
/** Our own close code where the browser never reports one. */
const CLOSED_ABNORMALLY = 1006

/** Drives the machine with a real WebSocket and the page's timers, until `stop`. */
export function openGateway(token: string, url: string, handlers: GatewayHandlers): Gateway {
  let state = initialGateway(token, url)
  let socket: WebSocket | null = null
  let heartbeat: ReturnType<typeof setTimeout> | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let opening: ReturnType<typeof setTimeout> | undefined
  let told: ConnectionStatus | null = null

  const feed = (input: GatewayInput): void => {
    const [next, effects] = gatewayStep(state, input, Math.random)
    state = next
    for (const effect of effects) run(effect)
    const status = connectionStatus(state)
    if (status !== told) {
      told = status
      handlers.onStatus(status)
    }
  }

  const drop = (code: number): void => {
    const old = socket
    socket = null
    clearTimeout(opening)
    if (!old) return
    old.onopen = old.onmessage = old.onclose = null
    old.close(code)
  }

  const connect = (target: string): void => {
    drop(CLOSE_REPLACED)
    const opened = new WebSocket(withParameters(target))
    socket = opened
    opening = setTimeout(() => lost(CLOSED_ABNORMALLY), OPEN_TIMEOUT_MS)
    opened.onopen = () => feed({ type: 'opened' })
    opened.onmessage = (event) => {
      clearTimeout(opening)
      feed({ type: 'frame', frame: JSON.parse(String(event.data)) as Frame })
    }
    opened.onclose = (event) => {
      socket = null
      clearTimeout(opening)
      feed({ type: 'closed', code: event.code })
    }
  }

  // A dead socket may take minutes to report its close, so the machine is told at once.
  const lost = (code: number): void => {
    drop(code === CLOSED_ABNORMALLY ? CLOSE_REPLACED : code)
    feed({ type: 'closed', code })
  }

  const run = (effect: GatewayEffect): void => {
    switch (effect.type) {
      case 'connect':
        connect(effect.url)
        break
      case 'send':
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(effect.frame))
        break
      case 'close':
        if (state.phase === 'ended') drop(effect.code)
        else lost(effect.code)
        break
      case 'heartbeatIn':
        clearTimeout(heartbeat)
        heartbeat = setTimeout(() => feed({ type: 'heartbeatDue' }), effect.ms)
        break
      case 'retryIn':
        retry = setTimeout(() => feed({ type: 'retryDue' }), effect.ms)
        break
      case 'cancelTimers':
        clearTimeout(heartbeat)
        clearTimeout(retry)
        break
      case 'dispatch':
        handlers.onDispatch(effect.event, effect.data)
        break
      case 'refused':
        handlers.onRefused()
    }
  }

  const onOnline = () => feed({ type: 'online' })
  const onOffline = () => feed({ type: 'offline' })
  addEventListener('online', onOnline)
  addEventListener('offline', onOffline)
  feed({ type: 'start' })

  return {
    send: (frame) => run({ type: 'send', frame }),
    stop: () => {
      removeEventListener('online', onOnline)
      removeEventListener('offline', onOffline)
      feed({ type: 'stop' })
    },
  }
}

const CLOSE_REPLACED = 4901

function withParameters(url: string): string {
  const target = new URL(url)
  // Behind a reverse proxy the server may not know that the page came over TLS.
  if (location.protocol === 'https:' && target.protocol === 'ws:') target.protocol = 'wss:'
  target.searchParams.set('v', '10')
  target.searchParams.set('encoding', 'json')
  return target.toString()
}
