/** Child process: the floor. A bare `ws` server that sends the same bytes to every socket. */
import { type WebSocket, WebSocketServer } from 'ws'
import {
  collect,
  type Measured,
  type Numbered,
  type ServerCommand,
  sampleMessage,
  stamp,
} from './gateway-wire.ts'

const FLOOD_TICK = 10

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  clientTracking: true,
})
let seq = 0

server.on('connection', (socket: WebSocket) => socket.on('error', () => {}))
server.on('listening', () => process.send?.({ port: (server.address() as { port: number }).port }))
process.on('message', async ({ id, ...command }: Numbered) =>
  process.send?.({ ...(await obey(command)), id }),
)

function broadcast(): void {
  const data = JSON.stringify(
    sampleMessage(stamp(), '1300000000000000001', '1300000000000000002', '1300000000000000003'),
  )
  const bytes = Buffer.from(`{"t":"MESSAGE_CREATE","op":0,"d":${data},"s":${++seq}}`)
  for (const socket of server.clients) socket.send(bytes, { binary: false })
}

async function obey(command: ServerCommand): Promise<object> {
  if (command.do === 'stop') process.exit(0)
  if (command.do === 'broadcast') broadcast()
  if (command.do === 'flood') {
    for (let n = 0; n < command.messages; n++) {
      broadcast()
      if (n % FLOOD_TICK === FLOOD_TICK - 1) await drained()
    }
  }
  if (command.do === 'collect') collect()
  return command.do === 'measure' ? measure() : {}
}

async function drained(): Promise<void> {
  do await new Promise((resolve) => setImmediate(resolve))
  while ([...server.clients].some((socket) => socket.bufferedAmount > 256 * 1024))
}

function measure(): Measured {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { cpuMs: (user + system) / 1000, rssBytes: rss, heapBytes: heapUsed }
}
