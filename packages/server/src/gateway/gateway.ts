import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { App } from '../context.ts'
import { GATEWAY_PATH } from '../gateway-url.ts'
import type { StreamKind } from './compress.ts'
import { Connection } from './connection.ts'
import { CLOSE, CLOSE_REASONS, OP } from './protocol.ts'
import { receive } from './receive.ts'
import { GatewayServer } from './server.ts'

/** Larger frames end the socket by themselves; up to here the client is told why, with Discord's code. */
const FRAME_BYTES = 64 * 1024
const CONNECTIONS = 50_000
/** A socket that has not identified by then is closed. Libraries with many shards wait their turn meanwhile. */
const IDENTIFY_MS = 60_000
/** Heartbeats may be late by half an interval. */
const ZOMBIE_FACTOR = 1.5
const SWEEP_MS = 1_000
const HUB_SWEEP_MS = 30_000
const VERSIONS = new Set(['9', '10'])
/** How long clients have to answer the closing handshake when the server stops. */
const CLOSE_MS = 2_000

export interface Gateway {
  /** Takes the server's upgrades. */
  attach(server: Server): void
  /** Tells all clients to come back, and lets go of them. */
  close(): Promise<void>
}

/** Discord's gateway, version 10, on this node. https://discord.com/developers/docs/events/gateway */
export function createGateway(app: App): Gateway {
  const server = new GatewayServer(app)
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES,
  })
  const everybody = app.bus.subscribe('all', (event) => server.tellAll(event))
  everybody.catch((err) => app.log.error({ err }, 'the gateway cannot hear what is for everybody'))
  const gap = app.bus.onGap(() => server.invalidateAll())
  const sweep = setInterval(
    () => sweepSessions(server),
    Math.min(SWEEP_MS, app.config.timing.heartbeatIntervalMs / 4),
  )
  const hubSweep = setInterval(() => void server.hubs.sweep().catch(() => {}), HUB_SWEEP_MS)
  return {
    attach(http) {
      http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        const url = URL.parse(request.url ?? '', 'http://host')
        if (url?.pathname.replace(/\/$/, '') !== GATEWAY_PATH) return refuse(socket, '404 Not Found')
        if (server.closing || server.connections.size >= CONNECTIONS)
          return refuse(socket, '503 Service Unavailable')
        const { host } = request.headers
        sockets.handleUpgrade(request, socket, head, (ws) => open(server, ws, socket, url.searchParams, host))
      })
    },
    async close() {
      server.closing = true
      clearInterval(sweep)
      clearInterval(hubSweep)
      gap[Symbol.dispose]()
      ;(await everybody.catch(() => null))?.[Symbol.dispose]()
      await closeAll(server)
      await server.presences.close()
      await server.hubs.close()
    },
  }
}

function open(
  server: GatewayServer,
  ws: WebSocket,
  socket: Socket,
  query: URLSearchParams,
  host: string | undefined,
): void {
  ws.on('error', () => {})
  const compress = query.get('compress')
  const wrong =
    !VERSIONS.has(query.get('v') ?? '10') ||
    (query.get('encoding') ?? 'json') !== 'json' ||
    (compress !== null && compress !== 'zlib-stream' && compress !== 'zstd-stream')
  // Trying again cannot help, so it must be a code after which libraries do not.
  if (wrong) {
    ws.close(CLOSE.invalidVersion, CLOSE_REASONS[CLOSE.invalidVersion])
    return
  }
  const connection = new Connection({
    ws,
    socket,
    host,
    compress: compress as StreamKind | null,
    nowMs: performance.now(),
  })
  server.connections.add(connection)
  ws.on('message', (data) => receive(server, connection, data as Buffer))
  ws.on('close', (code) => closed(server, connection, code))
  const { helloDelayMs, heartbeatIntervalMs } = server.app.config.timing
  setTimeout(
    () => connection.sendControl(OP.hello, { heartbeat_interval: heartbeatIntervalMs, _trace: [] }),
    helloDelayMs,
  )
}

/** A client that says goodbye ends its session; one that is lost may resume it. */
function closed(server: GatewayServer, connection: Connection, code: number): void {
  server.connections.delete(connection)
  connection.dispose()
  const { session } = connection
  connection.session = null
  if (!session || session.connection !== connection) return
  if (session.early) session.connection = null
  else if ((code === 1000 || code === CLOSE.goingAway) && !server.closing) server.end(session)
  else session.detach(performance.now())
}

function refuse(socket: Socket, status: string): void {
  socket.on('error', () => {})
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function sweepSessions(server: GatewayServer): void {
  server.count()
  const nowMs = performance.now()
  const { heartbeatIntervalMs, resumeWindowMs } = server.app.config.timing
  for (const connection of server.connections) {
    const silent = nowMs - connection.heartbeatAtMs > heartbeatIntervalMs * ZOMBIE_FACTOR
    const strange =
      !connection.session && !connection.authenticating && nowMs - connection.openedAtMs > IDENTIFY_MS
    if (silent || strange) connection.close(CLOSE.sessionTimedOut)
  }
  for (const session of [...server.sessions.values()]) {
    if (session.detachedAtMs !== null && nowMs - session.detachedAtMs > resumeWindowMs) server.end(session)
  }
}

async function closeAll(server: GatewayServer): Promise<void> {
  for (const connection of server.connections) {
    connection.sendControl(OP.reconnect)
    connection.close(CLOSE.goingAway)
  }
  for (const session of [...server.sessions.values()]) server.end(session)
  const deadline = performance.now() + CLOSE_MS
  while (server.connections.size > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 10))
  for (const connection of server.connections) connection.terminate()
}
