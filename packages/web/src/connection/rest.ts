import { CONVIVE_API, DISCORD_API } from '@convive/protocol/routes'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface CallOptions {
  body?: unknown
  /** Multipart instead of JSON. */
  form?: FormData
  query?: Record<string, string | number | boolean | undefined>
  signal?: AbortSignal
}

/** What a failed call throws: the server's code and message, or code -1 where no server answered. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: number
  readonly status: number
  /** Messages by the path of the wrong field, as `name` or `definition.name`. */
  readonly fields: Readonly<Record<string, string>>
  constructor(code: number, status: number, message: string, fields: Record<string, string> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.fields = fields
  }
}

/** Code of an ApiFailure that never reached a server. */
export const UNREACHABLE = -1

/** A call waits out this many 429s before it gives up. */
const RATE_LIMIT_TRIES = 4
/** Longer waits are told to the person instead of waited out. */
const RATE_LIMIT_WAIT_MS_MAX = 15_000

export interface RestDeps {
  fetch: typeof fetch
  token: () => string | null
  /** Called when the server no longer knows the token. */
  onUnauthorized: () => void
  sleep: (ms: number) => Promise<void>
}

/** One REST client: `call` answers with parsed JSON (undefined for 204), `raw` with the response. Both throw ApiFailure. */
export interface Rest {
  call<T>(method: Method, path: string, options?: CallOptions): Promise<T>
  raw(method: Method, path: string, options?: CallOptions): Promise<Response>
}

/** Discord's path under its base, `/users/@me`. */
export const discordPath = (path: string): string => DISCORD_API + path
/** A path of ours under our base. */
export const convivePath = (path: string): string => CONVIVE_API + path

/** Makes the REST client. Everything it touches is given, so that it can be tried without a network. */
export function createRest(deps: RestDeps): Rest {
  const raw = async (method: Method, path: string, options: CallOptions = {}): Promise<Response> => {
    for (let attempt = 1; ; attempt++) {
      const response = await attemptOnce(deps, method, path, options)
      if (response.ok) return response
      const failure = await readFailure(response)
      const waitMs = retryAfterMs(response, failure)
      if (
        response.status === 429 &&
        waitMs !== null &&
        waitMs <= RATE_LIMIT_WAIT_MS_MAX &&
        attempt < RATE_LIMIT_TRIES
      ) {
        await deps.sleep(waitMs)
        continue
      }
      if (response.status === 401 && deps.token() && failure.body.code === 0) deps.onUnauthorized()
      throw new ApiFailure(
        failure.body.code ?? 0,
        response.status,
        failure.body.message ?? response.statusText,
        failure.fields,
      )
    }
  }
  return {
    raw,
    async call<T>(method: Method, path: string, options?: CallOptions): Promise<T> {
      const response = await raw(method, path, options)
      return (response.status === 204 ? undefined : await response.json()) as T
    },
  }
}

async function attemptOnce(
  deps: RestDeps,
  method: Method,
  path: string,
  options: CallOptions,
): Promise<Response> {
  const headers = new Headers()
  const token = deps.token()
  if (token) headers.set('Authorization', token)
  const init: RequestInit = { method, headers }
  if (options.form) init.body = options.form
  else if (options.body !== undefined) {
    headers.set('Content-Type', 'application/json')
    init.body = JSON.stringify(options.body)
  }
  if (options.signal) init.signal = options.signal
  try {
    return await deps.fetch(path + queryString(options.query), init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiFailure(UNREACHABLE, 0, 'The server cannot be reached')
  }
}

interface FailureBody {
  code?: number
  message?: string
  retry_after?: number
  errors?: unknown
}

async function readFailure(
  response: Response,
): Promise<{ body: FailureBody; fields: Record<string, string> }> {
  let body: FailureBody = {}
  try {
    body = (await response.json()) as FailureBody
  } catch {
    // A proxy's page instead of our JSON: the status has to do.
  }
  const fields: Record<string, string> = {}
  collectFields(body.errors, [], fields)
  return { body, fields }
}

function collectFields(node: unknown, path: string[], into: Record<string, string>): void {
  if (typeof node !== 'object' || node === null) return
  for (const [key, value] of Object.entries(node)) {
    if (key === '_errors' && Array.isArray(value)) {
      const first = value[0] as { message?: string } | undefined
      if (first?.message) into[path.join('.')] = first.message
    } else collectFields(value, [...path, key], into)
  }
}

function retryAfterMs(response: Response, failure: { body: FailureBody }): number | null {
  const seconds = failure.body.retry_after ?? Number(response.headers.get('Retry-After') ?? Number.NaN)
  return Number.isFinite(seconds) ? Math.ceil(seconds * 1000) : null
}

function queryString(query: CallOptions['query']): string {
  if (!query) return ''
  const parts = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parts.set(key, String(value))
  const text = parts.toString()
  return text ? `?${text}` : ''
}
