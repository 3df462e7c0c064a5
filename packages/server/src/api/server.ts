import { ApiError, type ErrorName } from '@convive/protocol/errors'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { ZodError } from 'zod'
import type { Actor, App } from '../context.ts'
import { parseJson } from './json.ts'
import { RateLimits } from './rate-limits.ts'
import type { AnyRoute, RouteInput, UploadedFile } from './route.ts'

/** Largest JSON body. Avatars come as data URIs within it. */
const BODY_BYTES = 12 * 1024 * 1024
const UPLOAD_FILES = 10
const FIELD_BYTES = 1024 * 1024
const REQUEST_TIMEOUT_MS = 60_000
const NOBODY: Actor = { userId: '', kind: 'person', sessionId: null }
const STRANGERS = { limit: 300, windowMs: 60_000, bucket: 'strangers' }
const DEFAULT_RATE = { limit: 50, windowMs: 1_000, bucket: 'global' }

/** An HTTP server that knows how to answer in Discord's form; the edges add their routes. */
export async function createHttpServer(app: App): Promise<FastifyInstance> {
  const server = Fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: (_address: string, hop: number) => hop <= app.config.http.proxies,
    routerOptions: { maxParamLength: 200 },
    logger: false,
    // Ctrl-C must not wait for browsers' idle connections.
    forceCloseConnections: true,
  })
  await server.register(multipart, { limits: { files: UPLOAD_FILES, fieldSize: FIELD_BYTES, parts: 40 } })
  server.removeContentTypeParser('application/json')
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    if (text === '') return done(null, undefined)
    try {
      done(null, parseJson(text as string))
    } catch {
      done(new ApiError('InvalidJson'))
    }
  })
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body.length ? body : undefined))
  server.setErrorHandler((error, request, reply) => sendError(app, error, request, reply))
  server.setNotFoundHandler((request, reply) => sendError(app, new ApiError('NotFound'), request, reply))
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    app.metrics.httpRequests.inc({ method: request.method, route, status: String(reply.statusCode) })
  })
  return server
}

/** Adds an edge's routes below its prefix. */
export function addRoutes(server: FastifyInstance, app: App, prefix: string, routes: readonly AnyRoute[]): void {
  const limits = new RateLimits()
  for (const route of routes) {
    const key = `${route.method} ${prefix}${route.path}`
    server.route({
      method: route.method,
      url: prefix + route.path,
      ...(route.maxUploadBytes && { bodyLimit: Math.max(BODY_BYTES, route.maxUploadBytes) }),
      handler: (request, reply) => answer(app, limits, key, route, request, reply),
    })
  }
}

async function answer(
  app: App,
  limits: RateLimits,
  key: string,
  route: AnyRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const actor = await authenticate(app, route, request)
  const params = request.params as Record<string, string>
  const who = actor.userId || request.ip
  const verdict = limits.take(who, key, route.rate ?? (actor.userId ? DEFAULT_RATE : STRANGERS), params, app.now())
  for (const [name, value] of Object.entries(verdict.headers)) reply.header(name, value)
  if (!verdict.allowed && app.config.rateLimits) {
    const body = { message: 'You are being rate limited.', retry_after: verdict.retryAfterS, global: false }
    return sendJson(reply, 429, body)
  }
  requireIds(params)
  const { body, files } = request.isMultipart?.() ? await readMultipart(request, route) : { body: request.body, files: [] }
  const aborted = new AbortController()
  reply.raw.on('close', () => reply.raw.writableFinished || aborted.abort(new Error('the client went away')))
  const input: RouteInput<unknown, unknown> = {
    app,
    actor,
    params,
    query: route.query ? parse(route.query, request.query) : {},
    body: route.body ? parse(route.body, body ?? {}) : undefined,
    files,
    reason: readReason(request),
    request,
    reply,
    signal: aborted.signal,
  }
  const result = await route.handler(input)
  if (reply.sent || reply.raw.headersSent) return reply
  return result === undefined ? reply.code(route.status ?? 204).send() : sendJson(reply, route.status ?? 200, result)
}

async function authenticate(app: App, route: AnyRoute, request: FastifyRequest): Promise<Actor> {
  const header = request.headers.authorization
  if (route.auth === 'nobody') return (header && (await app.authenticator.find(header))) || NOBODY
  const actor = header ? await app.authenticator.find(header) : null
  if (!actor) throw new ApiError('Unauthorized')
  if (route.auth === 'person' && actor.kind !== 'person') throw new ApiError('BotsNotAllowed')
  if (route.auth === 'bot' && actor.kind !== 'application') throw new ApiError('OnlyBots')
  return actor
}

const UNKNOWN_BY_PARAM: Record<string, ErrorName> = {
  channel_id: 'UnknownChannel',
  guild_id: 'UnknownGuild',
  message_id: 'UnknownMessage',
  user_id: 'UnknownUser',
  role_id: 'UnknownRole',
  character_id: 'UnknownCharacter',
  application_id: 'UnknownApplication',
  draft_id: 'UnknownDraft',
  provider_id: 'UnknownProvider',
}

function requireIds(params: Record<string, string>): void {
  for (const [name, value] of Object.entries(params)) {
    if (!name.endsWith('_id') || value === '@me') continue
    if (!/^\d{1,19}$/.test(value) || BigInt(value) > 9_223_372_036_854_775_807n)
      throw new ApiError(UNKNOWN_BY_PARAM[name] ?? 'NotFound')
  }
}

function parse(schema: NonNullable<AnyRoute['body']>, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw formError(parsed.error)
  return parsed.data
}

/** zod's complaints in Discord's words, as far as Discord has words for them. */
function formError(error: ZodError): ApiError {
  const fields = error.issues.map((issue) => ({
    path: issue.path.length > 0 ? issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key)) : ['_body'],
    code: fieldCode(issue),
    message: issue.message,
  }))
  return new ApiError('InvalidFormBody', { fields })
}

function fieldCode(issue: ZodError['issues'][number]): string {
  if (issue.code === 'too_big') return 'BASE_TYPE_MAX_LENGTH'
  if (issue.code === 'too_small') return 'BASE_TYPE_MIN_LENGTH'
  if (issue.code === 'invalid_value') return 'BASE_TYPE_CHOICES'
  if (issue.code === 'invalid_type') return issue.message.includes('undefined') ? 'BASE_TYPE_REQUIRED' : 'BASE_TYPE_BAD_TYPE'
  return issue.code === 'custom' ? 'BASE_TYPE_BAD_VALUE' : issue.code.toUpperCase()
}

async function readMultipart(request: FastifyRequest, route: AnyRoute): Promise<{ body: unknown; files: UploadedFile[] }> {
  const most = route.maxUploadBytes
  if (!most) throw new ApiError('InvalidFormBody', { message: 'This route takes no files' })
  const files: UploadedFile[] = []
  const fields: Record<string, unknown> = {}
  let json: unknown
  let bytes = 0
  for await (const part of request.parts({ limits: { fileSize: most } })) {
    if (part.type === 'file') {
      const content = await part.toBuffer()
      bytes += content.length
      if (bytes > most) throw new ApiError('RequestTooLarge')
      files.push({ field: part.fieldname, filename: part.filename || 'file', contentType: part.mimetype, bytes: content })
    } else if (part.fieldname === 'payload_json') {
      json = typeof part.value === 'string' ? parsePayload(part.value) : part.value
    } else fields[part.fieldname] = part.value
  }
  return { body: json ?? fields, files }
}

function parsePayload(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new ApiError('InvalidJson')
  }
}

function readReason(request: FastifyRequest): string | null {
  const header = request.headers['x-audit-log-reason']
  if (typeof header !== 'string' || header === '') return null
  try {
    return decodeURIComponent(header).slice(0, 512)
  } catch {
    return header.slice(0, 512)
  }
}

/** `application/json` exactly: several bot libraries fail on a charset. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)))
}

function sendError(app: App, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asApiError(error)
  if (known) {
    if (known.retryAfterMs !== null) reply.headers({ 'retry-after': (known.retryAfterMs / 1000).toFixed(3), via: '1.1 convive' })
    return sendJson(reply, known.status, known.toBody())
  }
  app.log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, 'a request failed')
  return sendJson(reply, 500, new ApiError('InternalError').toBody())
}

function asApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (statusCode === 413 || code === 'FST_REQ_FILE_TOO_LARGE' || code === 'FST_FILES_LIMIT') return new ApiError('RequestTooLarge')
  if (code === '57014' || code === '53300') return new ApiError('Overloaded')
  if (statusCode && statusCode < 500) return new ApiError('InvalidFormBody', { message: (error as Error).message })
  return null
}
