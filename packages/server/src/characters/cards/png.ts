import { crc32, inflateSync } from 'node:zlib'
import { CardError } from './card.ts'

/** One chunk of a PNG: https://www.w3.org/TR/png-3/#5Chunk-layout. `start` and `end` span it with length and CRC. */
export type Chunk = { type: string; data: Uint8Array; start: number; end: number }

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const OVERHEAD_BYTES = 12
const MAX_CHUNKS = 100_000
const MAX_KEYWORD_BYTES = 79
const latin1 = new TextDecoder('latin1')

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.equals(bytes.subarray(0, SIGNATURE.length))
}

/**
 * Walks the chunks up to IEND. Checksums are not checked: card tools get them wrong, and whoever decodes the
 * picture checks those that matter. A chunk that runs past the end of the file ends the walk.
 */
export function* readChunks(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let start = SIGNATURE.length
  for (let count = 0; start + OVERHEAD_BYTES <= bytes.length; count++) {
    if (count === MAX_CHUNKS) throw new CardError('Malformed', `the PNG has more than ${MAX_CHUNKS} chunks`)
    const dataStart = start + 8
    const end = dataStart + view.getUint32(start) + 4
    if (end > bytes.length) return
    const type = latin1.decode(bytes.subarray(start + 4, dataStart))
    yield { type, data: bytes.subarray(dataStart, end - 4), start, end }
    if (type === 'IEND') return
    start = end
  }
}

/** The keyword of a tEXt, zTXt or iTXt chunk in lower case, as tools disagree; null for another chunk. */
export function keywordOf({ type, data }: Chunk): string | null {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return null
  const end = data.subarray(0, MAX_KEYWORD_BYTES + 1).indexOf(0)
  return end < 1 ? null : latin1.decode(data.subarray(0, end)).toLowerCase()
}

/** The text of a tEXt, zTXt or iTXt chunk as bytes, inflated to at most `maxBytes`. */
export function readText({ type, data }: Chunk, maxBytes: number): Uint8Array {
  const start = data.indexOf(0) + 1
  if (type === 'tEXt') return limited(data.subarray(start), maxBytes)
  // zTXt: a method byte, then the stream.
  if (type === 'zTXt') return inflate(data.subarray(start + 1), maxBytes)
  // iTXt: compressed or not, method, language, NUL, translated keyword, NUL, text.
  const language = data.indexOf(0, start + 2)
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1)
  if (translated < 0) throw new CardError('Malformed', 'an iTXt chunk is cut off')
  const body = data.subarray(translated + 1)
  return data[start] === 1 ? inflate(body, maxBytes) : limited(body, maxBytes)
}

function inflate(body: Uint8Array, maxBytes: number): Uint8Array {
  try {
    return inflateSync(body, { maxOutputLength: maxBytes })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes)
    throw new CardError('Malformed', 'a compressed text chunk cannot be inflated')
  }
}

function limited(body: Uint8Array, maxBytes: number): Uint8Array {
  if (body.length > maxBytes) throw tooLarge(maxBytes)
  return body
}

function tooLarge(maxBytes: number): CardError {
  return new CardError('TooLarge', `the card inside the picture has more than ${maxBytes} bytes`)
}

/** The PNG without the chunks that `drop` names, and without anything after IEND. */
export function withoutChunks(bytes: Uint8Array, drop: (chunk: Chunk) => boolean): Uint8Array {
  const kept: Uint8Array[] = []
  let from = 0
  let to = SIGNATURE.length
  let whole = false
  for (const chunk of readChunks(bytes)) {
    if (drop(chunk)) {
      kept.push(bytes.subarray(from, to))
      from = chunk.end
    }
    to = chunk.end
    whole = chunk.type === 'IEND'
  }
  // A picture cut short keeps its broken rest: some decoders still show half of it.
  kept.push(bytes.subarray(from, whole ? to : bytes.length))
  return Buffer.concat(kept)
}

/** Puts tEXt chunks before IEND, or at the end when there is none. Keywords and texts are ASCII. */
export function insertTexts(bytes: Uint8Array, texts: { keyword: string; text: string }[]): Uint8Array {
  let at = bytes.length
  for (const chunk of readChunks(bytes)) if (chunk.type === 'IEND') at = chunk.start
  const chunks = texts.map(({ keyword, text }) => buildChunk('tEXt', `${keyword}\0${text}`))
  const end = at === bytes.length ? buildChunk('IEND', '') : bytes.subarray(at)
  return Buffer.concat([bytes.subarray(0, at), ...chunks, end])
}

function buildChunk(type: string, content: string): Uint8Array {
  const typed = Buffer.from(type + content, 'latin1')
  const chunk = Buffer.alloc(typed.length + 8)
  chunk.writeUInt32BE(typed.length - 4, 0)
  typed.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(typed), typed.length + 4)
  return chunk
}
