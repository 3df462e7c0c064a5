import { ApiError, type ErrorName } from '@convive/protocol/errors'
import { isSnowflake } from '@convive/protocol/snowflakes'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Actor, App } from '../context.ts'
import { storable } from '../storage/storable.ts'
import { addBodyParsers, readBody } from './body.ts'
import { formError, refuseRaw, sendError, sendJson } from './errors.ts'
import { RateLimits } from './rate-limits.ts'
import type { AnyRoute, RouteInput } from './route.ts'

/** Largest JSON body. Avatars come as data URIs within it. */
const BODY_BYTES = 12 * 1024 * 1024
const REQUEST_TIMEOUT_MS = 60_000
const REASON_CHARS = 512
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
    // The router decodes what follows from the path's syntax alone; some libraries write `@me` so.
    rewriteUrl: (request) => (request.url ?? '/').replaceAll('%40', '@'),
    logger: false,
    // Ctrl-C must not wait for browsers' idle connections.
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void sendError(app, error, request, reply),
    clientErrorHandler: refuseRaw,
  })
  await addBodyParsers(server)
  server.decorateRequest('actor', null)
  const known: KnownPath[] = []
  server.addHook('onRoute', ({ method, url }) => {
    // The page's catch-all is no path of the API's.
    if (url !== '/*') known.push({ methods: [method].flat(), path: pathPattern(url) })
  })
  server.setErrorHandler((error, request, reply) => sendError(app, error, request, reply))
  server.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(known, request.url)
    // A path that takes the method, and yet came here, has a parameter too long to be anything.
    if (methods.length === 0 || methods.includes(request.method))
      return sendError(app, new ApiError('NotFound'), request, reply)
    return sendError(
      app,
      new ApiError('MethodNotAllowed'),
      request,
      reply.header('allow', methods.join(', ')),
    )
  })
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    app.metrics.httpRequests.inc({ method: request.method, route, status: String(reply.statusCode) })
  })
  return server
}

/** Adds an edge's routes below its prefix. */
export function addRoutes(
  server: FastifyInstance,
  app: App,
  prefix: string,
  routes: readonly AnyRoute[],
): void {
  const limits = new RateLimits()
  for (const route of routes) {
    const key = `${route.method} ${prefix}${route.path}`
    server.route({
      method: route.method,
      url: prefix + route.path,
      ...(route.maxUploadBytes && { bodyLimit: Math.max(BODY_BYTES, route.maxUploadBytes) }),
      // Before the body is read: nobody makes us read what we shall not answer.
      onRequest: (request, reply) => admit(app, limits, key, route, request, reply),
      handler: (request, reply) => answer(app, route, request, reply),
    })
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whoever asks; set before the body is read. */
    actor: Actor | null
  }
}

/** Finds out who asks, and whether they may ask again. Answers itself if they may not. */
async function admit(
  app: App,
  limits: RateLimits,
  key: string,
  route: AnyRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const header = request.headers.authorization
  const actor = (header && (await app.authenticator.find(header))) || null
  const params = request.params as Record<string, string>
  const own = actor || route.auth === 'nobody' ? route.rate : undefined
  const rate = own ?? (actor ? DEFAULT_RATE : STRANGERS)
  const verdict = limits.take(actor?.userId ?? request.ip, key, rate, params, app.now())
  for (const [name, value] of Object.entries(verdict.headers)) reply.header(name, value)
  if (!verdict.allowed && app.config.rateLimits) {
    const body = { message: 'You are being rate limited.', retry_after: verdict.retryAfterS, global: false }
    return sendJson(reply, 429, body)
  }
  request.actor = requireActor(route, actor)
  requireParams(params, request.actor)
  return undefined
}

async function answer(
  app: App,
  route: AnyRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { body, files } = await readBody(request, route)
  const aborted = new AbortController()
  reply.raw.on('close', () => reply.raw.writableFinished || aborted.abort(new Error('the client went away')))
  const input: RouteInput<unknown, unknown> = {
    app,
    actor: request.actor ?? NOBODY,
    params: request.params as Record<string, string>,
    query: route.query ? parse(route.query, storable(request.query)) : {},
    body: route.body ? parse(route.body, body ?? {}) : undefined,
    files,
    reason: readReason(request),
    request,
    reply,
    signal: aborted.signal,
  }
  const result = await route.handler(input)
  if (reply.sent || reply.raw.headersSent) return reply
  return result === undefined
    ? reply.code(route.status ?? 204).send()
    : sendJson(reply, route.status ?? 200, result)
}

function requireActor(route: AnyRoute, actor: Actor | null): Actor {
  if (route.auth === 'nobody') return actor ?? NOBODY
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
  overwrite_id: 'UnknownOverwrite',
  role_id: 'UnknownRole',
  character_id: 'UnknownCharacter',
  application_id: 'UnknownApplication',
  draft_id: 'UnknownDraft',
  provider_id: 'UnknownProvider',
  code: 'UnknownInvite',
}

/** Ids in a path are snowflakes, and `@me` is whoever asks, wherever a user is named. */
function requireParams(params: Record<string, string>, actor: Actor): void {
  for (const [name, value] of Object.entries(params)) {
    if (name === 'user_id' && value === '@me') params[name] = actor.userId
    const valid = name.endsWith('_id') ? isSnowflake(params[name] ?? '') : !value.includes('\0')
    if (!valid) throw new ApiError(UNKNOWN_BY_PARAM[name] ?? 'NotFound')
  }
}

function parse(schema: NonNullable<AnyRoute['body']>, value: unknown): unknown {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw formError(parsed.error)
  return parsed.data
}

function readReason(request: FastifyRequest): string | null {
  const header = request.headers['x-audit-log-reason']
  if (typeof header !== 'string' || header === '') return null
  let reason = header
  try {
    reason = decodeURIComponent(header)
  } catch {
    // Then it was never encoded.
  }
  return reason.replaceAll('\0', '').slice(0, REASON_CHARS).toWellFormed()
}

interface KnownPath {
  methods: string[]
  path: RegExp
}

function pathPattern(url: string): RegExp {
  const segments = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/\W/g, '\\$&')))
  return new RegExp(`^${segments.join('/')}$`)
}

/** Methods that the path takes, for who came with another. */
function methodsOf(known: readonly KnownPath[], url: string): string[] {
  const path = url.split('?', 1)[0] ?? ''
  if (!path.startsWith('/api/')) return []
  return [...new Set(known.flatMap((one) => (one.path.test(path) ? one.methods : [])))]
}
