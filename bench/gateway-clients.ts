/**
 * Child process: many sockets that do as little as possible, so that what is measured is the server. Frames are counted,
 * not parsed; the first of a round is looked at for its time.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { AT, AT_DIGITS, type ClientsCommand } from './gateway-wire.ts'

const AT_ONCE = 32
const HEARTBEAT_MS = 30_000

interface Client {
  socket: Socket
  frames: number
  beats: number
  /** Bytes of the frame that has begun and is not here yet. */
  skip: number
  rest: Buffer
}

const clients: Client[] = []
let signedIn = false
let latencies: number[] = []
let listening = false
let expected = 0
let arrived = 0

type Command = ClientsCommand | { beat: true } | { listen: true } | { expect: number }
process.on('message', (command: Command) => {
  if ('url' in command) void open(command).then(() => process.send?.({ open: clients.length }))
  else if ('beat' in command) {
    beat()
    process.send?.({ beaten: true })
  } else if ('listen' in command) {
    listening = true
    latencies = []
    process.send?.({ listening: true })
  } else {
    expected = command.expect * clients.length
    arrived = 0
    process.send?.({ expecting: expected })
  }
})

async function open({ url, tokens }: ClientsCommand): Promise<void> {
  signedIn = tokens.some((token) => token !== null)
  setInterval(beat, HEARTBEAT_MS).unref()
  const waiting = [...tokens]
  const worker = async () => {
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) await openOne(url, token)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** The frame count runs one ahead of the sequence: HELLO. Acknowledgements count too, so this is at most what was seen. */
function beat(): void {
  if (!signedIn) return
  for (const client of clients) {
    // Before READY there is nothing to acknowledge.
    if (client.frames < 2) continue
    const seen = client.frames - 1 - client.beats
    client.beats++
    client.socket.write(masked(`{"op":1,"d":${seen}}`))
  }
}

/** Resolves once READY is there; for the floor, once the socket is open. */
function openOne(url: string, token: string | null): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const client: Client = { socket, frames: 0, beats: 0, skip: 0, rest: Buffer.alloc(0) }
  clients.push(client)
  const key = randomBytes(16).toString('base64')
  socket.setNoDelay(true)
  socket.write(
    `GET /gateway?v=10&encoding=json HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => {
      // A server that drops its clients must not look light.
      console.error(`a socket was closed after ${client.frames} frames`)
      process.exit(1)
    })
    let greeted = false
    socket.on('data', (chunk: Buffer) => {
      const seenNs = process.hrtime.bigint()
      let bytes = chunk
      if (!greeted) {
        const end = chunk.indexOf('\r\n\r\n')
        if (end < 0) return
        greeted = true
        if (token === null) resolve()
        bytes = chunk.subarray(end + 4)
      }
      count(client, bytes, seenNs, (n) => {
        if (token !== null && n === 1)
          socket.write(
            masked(
              JSON.stringify({ op: 2, d: { token, properties: {}, presence: { status: 'invisible' } } }),
            ),
          )
        if (n === 2) resolve()
      })
    })
  })
}

function count(client: Client, chunk: Buffer, seenNs: bigint, onFrame: (n: number) => void): void {
  let bytes = client.rest.length > 0 ? Buffer.concat([client.rest, chunk]) : chunk
  client.rest = Buffer.alloc(0)
  for (;;) {
    const passed = Math.min(client.skip, bytes.length)
    client.skip -= passed
    bytes = bytes.subarray(passed)
    if (bytes.length === 0) return
    const length = frameLength(bytes)
    if (length === null) {
      client.rest = Buffer.from(bytes)
      return
    }
    client.skip = length
    onFrame(++client.frames)
    if (listening) note(bytes, seenNs)
  }
}

function note(bytes: Buffer, seenNs: bigint): void {
  arrived++
  if (expected > 0) {
    if (arrived === expected) process.send?.({ done: true })
    return
  }
  const at = bytes.indexOf(AT)
  if (at < 0) return
  const sentNs = BigInt(bytes.subarray(at + AT.length, at + AT.length + AT_DIGITS).toString('latin1'))
  latencies.push(Number(seenNs - sentNs))
  if (latencies.length === clients.length) {
    process.send?.({ latenciesNs: latencies })
    latencies = []
  }
}

/** Whole length of the frame that begins here, or null if its header is not complete. */
function frameLength(bytes: Buffer): number | null {
  if (bytes.length < 2) return null
  const short = (bytes[1] ?? 0) & 0x7f
  if (short < 126) return short + 2
  if (short === 126) return bytes.length < 4 ? null : bytes.readUInt16BE(2) + 4
  return bytes.length < 10 ? null : bytes.readUInt32BE(6) + 10
}

/** A text frame as a client must send it. */
function masked(text: string): Buffer {
  const body = Buffer.from(text)
  const header =
    body.length < 126
      ? Buffer.from([0x81, 0x80 | body.length])
      : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 0xff])
  // A mask of zeros leaves the bytes as they are.
  return Buffer.concat([header, Buffer.alloc(4), body])
}
