import {
  type ConnectionStatus,
  connectionStatus,
  type Frame,
  type GatewayEffect,
  type GatewayInput,
  gatewayStep,
  initialGateway,
} from './gateway-machine.ts'
import { createGatewaySocket } from './gateway-socket.ts'

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

type Timer = ReturnType<typeof setTimeout>

/** Drives the machine with a real WebSocket and the page's timers, until `stop`. */
export function openGateway(token: string, url: string, handlers: GatewayHandlers): Gateway {
  let state = initialGateway(token, url)
  let told: ConnectionStatus | null = null
  const timers: { heartbeat?: Timer; retry?: Timer } = {}
  const socket = createGatewaySocket({
    onOpen: () => feed({ type: 'opened' }),
    onFrame: (frame) => feed({ type: 'frame', frame }),
    onClose: (code) => feed({ type: 'closed', code }),
  })

  const feed = (input: GatewayInput): void => {
    const [next, effects] = gatewayStep(state, input, Math.random)
    state = next
    for (const effect of effects) run[effect.type](effect as never)
    const status = connectionStatus(state)
    if (status === told) return
    told = status
    handlers.onStatus(status)
  }

  const run: { [Type in GatewayEffect['type']]: (effect: Extract<GatewayEffect, { type: Type }>) => void } = {
    connect: (effect) => socket.connect(effect.url),
    send: (effect) => socket.send(effect.frame),
    close: (effect) => (state.phase === 'ended' ? socket.drop(effect.code) : socket.lose(effect.code)),
    heartbeatIn: (effect) => {
      clearTimeout(timers.heartbeat)
      timers.heartbeat = setTimeout(() => feed({ type: 'heartbeatDue' }), effect.ms)
    },
    retryIn: (effect) => {
      timers.retry = setTimeout(() => feed({ type: 'retryDue' }), effect.ms)
    },
    cancelTimers: () => {
      clearTimeout(timers.heartbeat)
      clearTimeout(timers.retry)
    },
    dispatch: (effect) => handlers.onDispatch(effect.event, effect.data),
    refused: () => handlers.onRefused(),
  }

  const onOnline = () => feed({ type: 'online' })
  const onOffline = () => feed({ type: 'offline' })
  addEventListener('online', onOnline)
  addEventListener('offline', onOffline)
  feed({ type: 'start' })
  return {
    send: socket.send,
    stop: () => {
      removeEventListener('online', onOnline)
      removeEventListener('offline', onOffline)
      feed({ type: 'stop' })
    },
  }
}
