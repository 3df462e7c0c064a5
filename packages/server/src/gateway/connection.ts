import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { compressWhole, StreamCompressor, type StreamKind } from './compress.ts'
import { binaryFrame, packDispatches, tailOf, textFrame } from './frames.ts'
import { CLOSE_REASONS } from './protocol.ts'
import type { Session } from './session.ts'

/** What may lie unsent in a socket before nothing more is written to it: the rest waits in the session's shared log. */
const SOCKET_BYTES = 128 * 1024
/** Answers to heartbeats pile up where a client sends and never reads. */
const MOST_SOCKET_BYTES = 1024 * 1024
/** Smaller messages are not worth deflating one by one. */
const COMPRESS_FROM_BYTES = 1_024
/** Answers that wait for a compression stream. */
const CONTROLS = 256

export interface ConnectionOptions {
  ws: WebSocket
  socket: Socket
  /** Host header of the upgrade: the address that the client used. */
  host: string | undefined
  compress: StreamKind | null
  nowMs: number
}

/** A socket with its encoding. It knows nothing of what it carries but how to write a session's log. */
export class Connection {
  readonly ws: WebSocket
  readonly host: string | undefined
  readonly openedAtMs: number
  readonly streamed: boolean
  session: Session | null = null
  /** An Identify or Resume is being worked on. */
  authenticating = false
  greeted = false
  compressPayloads = false
  heartbeatAtMs: number
  /** The window of the rate limit. */
  windowStartMs = 0
  events = 0
  heartbeats = 0

  readonly #socket: Socket
  readonly #compressor: StreamCompressor | null
  #compressing = false
  #controls: Buffer[] = []
  #blocked = false

  constructor({ ws, socket, host, compress, nowMs }: ConnectionOptions) {
    this.ws = ws
    this.host = host
    this.openedAtMs = nowMs
    this.heartbeatAtMs = nowMs
    this.#socket = socket
    this.streamed = compress !== null
    this.#compressor = compress ? new StreamCompressor(compress, () => this.terminate()) : null
    socket.on('drain', () => {
      this.#blocked = false
      this.session?.flush()
    })
  }

  get open(): boolean {
    return this.ws.readyState === WebSocket.OPEN
  }

  /** Whether dispatches may be written now; if not, the session is told to flush again when they may. */
  get ready(): boolean {
    return this.open && !this.#blocked && !this.#compressing
  }

  /** Sends what is no dispatch: hello, acknowledgement, reconnect, invalid session. */
  sendControl(op: number, d: unknown = null): void {
    if (!this.open) return
    const text = JSON.stringify({ t: null, s: null, op, d })
    if (!this.#compressor) this.#write(textFrame(text))
    else if (this.#controls.length >= CONTROLS) this.terminate()
    else {
      this.#controls.push(Buffer.from(text))
      if (!this.#compressing) this.#compressNext()
    }
  }

  /** Writes dispatches after `sent`, as many as fit one write. Returns the last one written. */
  write(session: Session, sent: number): number {
    const { log, seq } = session
    if (this.#compressor) {
      this.#compress(this.#compressor, whole(log.get(sent + 1).head, sent + 1))
      return sent + 1
    }
    const next = log.get(sent + 1)
    if (this.compressPayloads && next.head.length >= COMPRESS_FROM_BYTES) {
      this.#write(binaryFrame(compressWhole(whole(next.head, sent + 1))))
      return sent + 1
    }
    const packed = packDispatches(log, sent, this.compressPayloads ? sent + 1 : seq)
    this.#write(packed.bytes)
    return packed.sent
  }

  /** Starts the closing handshake. */
  close(code: number): void {
    if (this.open) this.ws.close(code, CLOSE_REASONS[code])
  }

  /** Cuts the socket: for those who would not read a close frame. */
  terminate(): void {
    this.ws.terminate()
  }

  /** Frees the compression context. */
  dispose(): void {
    this.#compressor?.close()
    this.#controls = []
  }

  #write(bytes: Buffer): void {
    this.#socket.write(bytes)
    const waiting = this.#socket.writableLength
    if (waiting > SOCKET_BYTES) this.#blocked = this.#socket.writableNeedDrain
    if (waiting > MOST_SOCKET_BYTES && bytes.length < SOCKET_BYTES) this.terminate()
  }

  #compress(compressor: StreamCompressor, message: Buffer): void {
    this.#compressing = true
    compressor.compress(message, (bytes) => {
      this.#compressing = false
      if (!this.open) return
      this.#write(binaryFrame(bytes))
      this.#compressNext()
    })
  }

  #compressNext(): void {
    const control = this.#controls.shift()
    if (control && this.#compressor) this.#compress(this.#compressor, control)
    else this.session?.flush()
  }
}

function whole(head: Buffer, seq: number): Buffer {
  return Buffer.concat([head, Buffer.from(tailOf(seq), 'latin1')])
}
