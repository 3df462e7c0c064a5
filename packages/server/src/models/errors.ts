import {
  APICallError,
  EmptyResponseBodyError,
  InvalidResponseDataError,
  LoadAPIKeyError,
  NoSuchModelError,
} from '@ai-sdk/provider'

/** Every way in which a call to a model can end without an answer. Expected: a result, not a bug of ours. */
export type ModelFailure =
  | 'RateLimited'
  | 'Unreachable'
  | 'BadKey'
  | 'UnknownModel'
  | 'TimedOut'
  | 'Stopped'
  | 'Refused'
  | 'Failed'

/** A failure of a model or its provider, for callers that throw instead of returning a result. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly failure: ModelFailure
  readonly retryAfterMs: number | undefined

  constructor(failure: ModelFailure, message: string, retryAfterMs?: number) {
    super(message)
    this.failure = failure
    this.retryAfterMs = retryAfterMs
  }
}

/** A failure with what a person may be told about it: no key is ever in `message`. */
export interface Failure {
  failure: ModelFailure
  message: string
  retryAfterMs?: number
}

const MAX_MESSAGE_CHARS = 300
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000
const MAX_CAUSES = 5

/** Names the failure behind anything that a provider, `fetch` or the AI SDK threw or streamed. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof ModelError) return failureOf(error.failure, error.message, error.retryAfterMs)
  if (APICallError.isInstance(error)) return describeApiError(error)
  if (LoadAPIKeyError.isInstance(error)) return failureOf('BadKey', 'No key is set for this provider.')
  if (NoSuchModelError.isInstance(error)) return failureOf('UnknownModel', error.message)
  if (InvalidResponseDataError.isInstance(error) || EmptyResponseBodyError.isInstance(error))
    return failureOf('Unreachable', error.message)
  const network = findNetworkFailure(error)
  if (network) return network
  return describeStreamedError(error)
}

/** Removes what looks like a credential from a provider's own words, and shortens them. */
export function redact(text: string): string {
  return text
    .replace(/\b(sk|pk|rk|gsk|xai|key|AIza)[-_]?[A-Za-z0-9_*-]{12,}/g, '[key]')
    .replace(/\b(Bearer|x-api-key:?|api[_-]?key[=:]|key=)\s*[^\s"',]+/gi, '$1 [key]')
    .slice(0, MAX_MESSAGE_CHARS)
}

function failureOf(failure: ModelFailure, message: string, retryAfterMs?: number): Failure {
  const described: Failure = { failure, message: redact(message) }
  if (retryAfterMs !== undefined) described.retryAfterMs = retryAfterMs
  return described
}

function describeApiError(error: APICallError): Failure {
  const status = error.statusCode
  if (status === undefined) {
    return findNetworkFailure(error) ?? failureOf('Unreachable', error.message)
  }
  const words = `${error.message} ${error.responseBody ?? ''}`
  const message = `${status}: ${error.message}`
  // Google answers a wrong key with 400.
  if (status === 401 || status === 403 || (status === 400 && /api[ _]key/i.test(words)))
    return failureOf('BadKey', message)
  if (status === 404 || (status === 400 && /model.{0,80}(not found|not exist|unknown|invalid)/i.test(words)))
    return failureOf('UnknownModel', message)
  if (status === 429) return failureOf('RateLimited', message, retryAfterOf(error))
  if (status === 408 || status === 504) return failureOf('TimedOut', message)
  if (status >= 500) return failureOf('Unreachable', message, retryAfterOf(error))
  if (status === 451 || /content.?(filter|policy)/i.test(words)) return failureOf('Refused', message)
  // A success whose body is not what was promised: something else listens at that address, or the line was cut.
  if (status < 300) return findNetworkFailure(error) ?? failureOf('Unreachable', error.message)
  return failureOf('Failed', message)
}

/** RFC 9110 Retry-After (seconds or a date), the `retry-after-ms` that some send, or Google's RetryInfo in the body. */
function retryAfterOf(error: APICallError): number | undefined {
  const headers = error.responseHeaders
  const exactMs = Number(headers?.['retry-after-ms'])
  if (exactMs > 0) return Math.min(exactMs, MAX_RETRY_AFTER_MS)
  const value = headers?.['retry-after'] ?? /"retryDelay":\s*"([\d.]+)s"/.exec(error.responseBody ?? '')?.[1]
  if (!value) return undefined
  const seconds = Number(value)
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now()
  if (Number.isNaN(waitMs)) return undefined
  return Math.min(Math.max(0, waitMs), MAX_RETRY_AFTER_MS)
}

const TIMEOUT_CODES = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
])

function findNetworkFailure(error: unknown): Failure | null {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    if (cause.name === 'TimeoutError') return failureOf('TimedOut', 'The provider took too long.')
    if (cause.name === 'AbortError') return failureOf('Stopped', 'Stopped.')
    const code = (cause as { code?: unknown }).code
    if (typeof code === 'string') {
      if (TIMEOUT_CODES.has(code)) return failureOf('TimedOut', `The provider took too long (${code}).`)
      if (
        /^(E[A-Z]+|UND_ERR_|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code) &&
        !code.startsWith('ERR_INVALID')
      )
        return failureOf('Unreachable', `The provider cannot be reached (${code}).`)
    }
    if (cause instanceof TypeError && /fetch failed|terminated|network/i.test(cause.message) && !cause.cause)
      return failureOf('Unreachable', 'The connection to the provider was cut.')
    cause = cause.cause
  }
  return null
}

/** Errors inside a stream are plain objects in the provider's own words: `{ type, code, message }`. */
function describeStreamedError(error: unknown): Failure {
  const fields = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
  const message =
    typeof fields.message === 'string'
      ? fields.message
      : typeof error === 'string'
        ? error
        : 'The model failed.'
  const kind = `${String(fields.type ?? '')} ${String(fields.code ?? '')} ${String(fields.status ?? '')}`
  if (/rate.?limit|429|RESOURCE_EXHAUSTED/i.test(kind)) return failureOf('RateLimited', message)
  if (/overloaded|unavailable|api_error|server_error|50\d|529/i.test(kind))
    return failureOf('Unreachable', message)
  if (/auth|permission|401|403/i.test(kind)) return failureOf('BadKey', message)
  if (/not_found|404/i.test(kind)) return failureOf('UnknownModel', message)
  if (/content.?filter|safety|policy/i.test(kind)) return failureOf('Refused', message)
  return failureOf('Failed', message)
}
