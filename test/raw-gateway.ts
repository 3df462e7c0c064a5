import { createInflate, createZstdDecompress, inflateSync } from 'node:zlib'
import { WebSocket } from 'ws'

export interface RawFrame {
  op: number
  t: string | null
  s: number | null
  // biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every shape
  d: any
}

const WAIT_MS = 10_000

/** A gateway socket that does nothing by itself: tests send each frame, and see each frame and how it closed. */
export class RawGateway implements Disposable {
  readonly frames: RawFrame[] = []
  readonly socket: WebSocket
  /** Binary messages as they came. */
  readonly binary: Buffer[] = []
  closeCode: number | null = null
  readonly #decode: (data: Buffer, isBinary: boolean) => Promise<string>

  constructor(base: string, query = 'v=10&encoding=json', path = '/gateway') {
    this.socket = new WebSocket(`${base.replace(/^http/, 'ws')}${path}?${query}`, {
      perMessageDeflate: false,
    })
    this.#decode = decoder(new URLSearchParams(query).get('compress'))
    let turn = Promise.resolve()
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.binary.push(data)
      turn = turn.then(async () => void this.frames.push(JSON.parse(await this.#decode(data, isBinary))))
    })
    this.socket.on('error', () => {})
    this.socket.on('close', (code) => {
      this.closeCode = code
    })
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Waits until the check holds. */
  async until<T>(check: () => T | undefined | null | false, what: string): Promise<T> {
    const deadline = Date.now() + WAIT_MS
    for (;;) {
      const found = check()
      if (found) return found
      if (Date.now() > deadline)
        throw new Error(`no ${what}; got ${this.names()} and close ${this.closeCode}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  op(op: number): Promise<RawFrame> {
    return this.until(() => this.frames.find((frame) => frame.op === op), `op ${op}`)
  }

  event(t: string, matches: (frame: RawFrame) => boolean = () => true): Promise<RawFrame> {
    return this.until(() => this.frames.find((frame) => frame.t === t && matches(frame)), t)
  }

  async closed(): Promise<number> {
    await this.until(() => this.closeCode !== null, 'close')
    return this.closeCode ?? 0
  }

  /** Waits for HELLO, identifies, waits for READY. */
  async identify(token: string, more: object = {}): Promise<RawFrame> {
    await this.op(10)
    this.send({ op: 2, d: { token, properties: {}, ...more } })
    return this.event('READY')
  }

  dispatches(t?: string): RawFrame[] {
    return this.frames.filter((frame) => frame.op === 0 && (t === undefined || frame.t === t))
  }

  names(): string {
    return this.frames
      .slice(-50)
      .map((frame) => frame.t ?? `op ${frame.op}`)
      .join(', ')
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }
}

function decoder(compress: string | null): (data: Buffer, isBinary: boolean) => Promise<string> {
  if (compress === null) return async (data, isBinary) => String(isBinary ? inflateSync(data) : data)
  const stream = compress === 'zlib-stream' ? createInflate() : createZstdDecompress()
  let text = ''
  stream.on('data', (chunk: Buffer) => {
    text += chunk
  })
  return async (data) => {
    text = ''
    await new Promise((resolve) => stream.write(data, resolve))
    await new Promise((resolve) => setImmediate(resolve))
    return text
  }
}
