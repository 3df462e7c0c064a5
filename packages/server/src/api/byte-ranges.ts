import type { FastifyReply, FastifyRequest } from 'fastify'

export interface ByteRange {
  start: number
  /** The last byte, as in the header. */
  end: number
}

/**
 * The one range that a `Range` header asks for; null for all bytes, 'unsatisfiable' for none that exist.
 * Of several ranges, or of a header that cannot be read, nothing is made: all bytes are a right answer.
 * https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */
export function readRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') {
    const length = Number(last)
    return length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return null
  return start >= size ? 'unsatisfiable' : { start, end }
}

/** Sends bytes, or the part of them that the request wants: players need it to seek. */
export function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  bytes: Uint8Array,
  type: string,
): FastifyReply {
  reply.header('accept-ranges', 'bytes').type(type)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const range = readRange(request.headers.range, buffer.length)
  if (range === null) return reply.send(buffer)
  if (range === 'unsatisfiable')
    return reply.code(416).header('content-range', `bytes */${buffer.length}`).send()
  return reply
    .code(206)
    .header('content-range', `bytes ${range.start}-${range.end}/${buffer.length}`)
    .send(buffer.subarray(range.start, range.end + 1))
}
