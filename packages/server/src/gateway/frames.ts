import type { ReplayLog } from './replay-log.ts'

// WebSocket frames as a server sends them (RFC 6455, 5.2): final, not masked. Writing them here lets all dispatches of a
// tick go out in one write, with the payload copied once and no object made per frame.

const TEXT = 0x81
const BINARY = 0x82
const LENGTH_16 = 126
const LENGTH_64 = 127

/** Bytes gathered into one write, unless a single dispatch is larger. */
const WRITE_BYTES = 64 * 1024

/** The end of a dispatch: what differs from session to session. */
export function tailOf(seq: number): string {
  return `,"s":${seq}}`
}

/** Frames of the dispatches after `sent`, as many as one write should hold, and the last of them. */
export function packDispatches(log: ReplayLog, sent: number, seq: number): { bytes: Buffer; sent: number } {
  let last = sent
  let size = 0
  while (last < seq) {
    const length = log.get(last + 1).head.length + digits(last + 1) + 6
    if (size > 0 && size + length > WRITE_BYTES) break
    size += length + headerSize(length)
    last++
  }
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (let n = sent + 1; n <= last; n++) {
    const { head } = log.get(n)
    const length = head.length + digits(n) + 6
    at = writeHeader(bytes, at, TEXT, length)
    bytes.set(head, at)
    at += head.length
    at += bytes.write(tailOf(n), at, 'latin1')
  }
  return { bytes, sent: last }
}

export function textFrame(text: string): Buffer {
  return frame(TEXT, Buffer.from(text))
}

export function binaryFrame(body: Buffer): Buffer {
  return frame(BINARY, body)
}

function frame(opcode: number, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(headerSize(body.length) + body.length)
  bytes.set(body, writeHeader(bytes, 0, opcode, body.length))
  return bytes
}

function headerSize(length: number): number {
  return length < LENGTH_16 ? 2 : length < 65_536 ? 4 : 10
}

function writeHeader(bytes: Buffer, at: number, opcode: number, length: number): number {
  bytes[at] = opcode
  if (length < LENGTH_16) {
    bytes[at + 1] = length
    return at + 2
  }
  if (length < 65_536) {
    bytes[at + 1] = LENGTH_16
    return bytes.writeUInt16BE(length, at + 2)
  }
  bytes[at + 1] = LENGTH_64
  bytes.writeUInt32BE(0, at + 2)
  return bytes.writeUInt32BE(length, at + 6)
}

function digits(n: number): number {
  let count = 1
  for (let rest = n; rest >= 10; rest = Math.floor(rest / 10)) count++
  return count
}
