import type { Frame } from './gateway-machine.ts'

/** A socket that has not greeted after this long is given up. */
const OPEN_TIMEOUT_MS = 20_000
/** What the browser reports for a socket that went without a word. */
const CLOSED_ABNORMALLY = 1006
/** Ours, for a socket that another replaces: the session stays resumable. */
const CLOSE_REPLACED = 4901

export interface SocketHandlers {
  onOpen: () => void
  onFrame: (frame: Frame) => void
  /** Once per socket, whoever ended it; not after `drop`. */
  onClose: (code: number) => void
}

/** One WebSocket at a time. A dead one may take minutes to report its close, so it is let go without waiting. */
export interface GatewaySocket {
  connect: (url: string) => void
  send: (frame: Frame) => void
  /** Closes it, and says so at once. */
  lose: (code: number) => void
  /** Closes it without a word. */
  drop: (code: number) => void
}

/** Makes the holder of the session's socket; it connects when told. */
export function createGatewaySocket(handlers: SocketHandlers): GatewaySocket {
  let socket: WebSocket | null = null
  let opening: ReturnType<typeof setTimeout> | undefined

  const drop = (code: number): void => {
    clearTimeout(opening)
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close(code)
    socket = null
  }
  const lose = (code: number): void => {
    drop(code === CLOSED_ABNORMALLY ? CLOSE_REPLACED : code)
    handlers.onClose(code)
  }
  const connect = (url: string): void => {
    drop(CLOSE_REPLACED)
    socket = new WebSocket(withParameters(url))
    opening = setTimeout(() => lose(CLOSED_ABNORMALLY), OPEN_TIMEOUT_MS)
    socket.onopen = handlers.onOpen
    socket.onmessage = (event) => {
      clearTimeout(opening)
      handlers.onFrame(JSON.parse(String(event.data)) as Frame)
    }
    socket.onclose = (event) => {
      socket = null
      clearTimeout(opening)
      handlers.onClose(event.code)
    }
  }
  const send = (frame: Frame): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
  }
  return { connect, send, lose, drop }
}

function withParameters(url: string): string {
  const target = new URL(url)
  // Behind a reverse proxy the server may not know that the page came over TLS.
  if (location.protocol === 'https:' && target.protocol === 'ws:') target.protocol = 'wss:'
  target.searchParams.set('v', '10')
  target.searchParams.set('encoding', 'json')
  return target.toString()
}
