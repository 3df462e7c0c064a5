import { constants, createDeflate, createZstdCompress, deflateSync } from 'node:zlib'

export type StreamKind = 'zlib-stream' | 'zstd-stream'

/** Smaller than the defaults: a context lives as long as its socket. Any inflater reads it. */
const ZLIB = { windowBits: 14, memLevel: 7, flush: constants.Z_SYNC_FLUSH }
const ZSTD = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_windowLog]: 17 },
  flush: constants.ZSTD_e_flush,
}

/** One compression context for all messages of a socket; each comes out flushed (zlib: ending in 00 00 FF FF). */
export class StreamCompressor {
  readonly #stream: ReturnType<typeof createDeflate> | ReturnType<typeof createZstdCompress>
  #chunks: Buffer[] = []

  constructor(kind: StreamKind, onError: (error: Error) => void) {
    this.#stream = kind === 'zlib-stream' ? createDeflate(ZLIB) : createZstdCompress(ZSTD)
    this.#stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    this.#stream.on('error', onError)
  }

  /** Compresses one message. The next may only be given once this one is `done`. */
  compress(message: Buffer, done: (bytes: Buffer) => void): void {
    this.#stream.write(message, (error) => {
      if (error) return
      const [only, ...more] = this.#chunks
      this.#chunks = []
      done(only && more.length === 0 ? only : Buffer.concat(only ? [only, ...more] : []))
    })
  }

  close(): void {
    this.#stream.destroy()
  }
}

/** A message by itself, for clients that said `compress: true` in Identify. */
export function compressWhole(message: Buffer): Buffer {
  return deflateSync(message)
}
