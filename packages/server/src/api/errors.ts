import type { Socket } from 'node:net'
import { ApiError } from '@convive/protocol/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ZodError } from 'zod'
import type { App } from '../context.ts'
import { isConnectionLost } from '../storage/database.ts'

/** PostgreSQL's codes: a statement took too long, or there are too many connections. */
const OVERLOADED = new Set(['57014', '53300'])
const TOO_LARGE = new Set([
  'FST_REQ_FILE_TOO_LARGE',
  'FST_FILES_LIMIT',
  'FST_PARTS_LIMIT',
  'FST_FIELDS_LIMIT',
])

/** `application/json` exactly: several bot libraries fail on a charset. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)))
}

/** Answers with an error in Discord's form. What is our mistake is logged, and says no more than that. */
export function sendError(
  app: App,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = asApiError(error)
  if (known) {
    if (known.retryAfterMs !== null)
      reply.headers({ 'retry-after': (known.retryAfterMs / 1000).toFixed(3), via: '1.1 convive' })
    return sendJson(reply, known.status, known.toBody())
  }
  app.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'a request failed')
  return sendJson(reply, 500, new ApiError('InternalError').toBody())
}

function asApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (statusCode === 413 || TOO_LARGE.has(code ?? '')) return new ApiError('RequestTooLarge')
  if (OVERLOADED.has(code ?? '') || isConnectionLost(error)) return new ApiError('Overloaded')
  if (statusCode && statusCode < 500)
    return new ApiError('InvalidFormBody', { message: (error as Error).message })
  return null
}

/** zod's complaints in Discord's words, as far as Discord has words for them. */
export function formError(error: ZodError): ApiError {
  const fields = error.issues.map((issue) => ({
    path:
      issue.path.length > 0
        ? issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
        : ['_body'],
    code: fieldCode(issue),
    message: issue.message,
  }))
  return new ApiError('InvalidFormBody', { fields })
}

function fieldCode(issue: ZodError['issues'][number]): string {
  if (issue.code === 'too_big') return 'BASE_TYPE_MAX_LENGTH'
  if (issue.code === 'too_small') return 'BASE_TYPE_MIN_LENGTH'
  if (issue.code === 'invalid_value') return 'BASE_TYPE_CHOICES'
  if (issue.code === 'invalid_type')
    return issue.message.includes('undefined') ? 'BASE_TYPE_REQUIRED' : 'BASE_TYPE_BAD_TYPE'
  return issue.code === 'custom' ? 'BASE_TYPE_BAD_VALUE' : issue.code.toUpperCase()
}

/** Answers what is no HTTP request that could be routed: no request object exists for it. */
export function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request']
  const body = JSON.stringify({ message: `${status}: ${reason}`, code: 0 })
  const head = `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/json`
  socket.end(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}
