import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const DIST = fileURLToPath(new URL('../../../web/dist/', import.meta.url))

/** What the page may load and reach: itself. Text from people and models never becomes script. */
const CSP = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': CSP,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/** Paths of ours that are no pages, and files of the page that are not there. */
const NOT_PAGE =
  /^\/(api|gateway|attachments|media|avatars|icons|banners|app-icons|embed|assets|metrics|healthz)(\/|\?|$)|\.[a-z0-9]{2,5}($|\?)/i

/** Serves the built page; every path that is no file of it is the page itself, which has its own URL map. */
export async function addPage(server: FastifyInstance): Promise<void> {
  if (!existsSync(DIST)) {
    server.get('/', async (_request, reply) =>
      reply.code(503).type('text/plain').send('The page is not built: npm start builds it.'),
    )
    return
  }
  await server.register(fastifyStatic, {
    root: DIST,
    wildcard: false,
    index: false,
    // Built names carry a hash of their content.
    setHeaders(reply, path) {
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      )
      reply.header('x-content-type-options', 'nosniff')
    },
  })
  const page = await readFile(`${DIST}index.html`)
  server.get('/*', async (request, reply) => {
    // What is not the page's answers as the API does.
    if (NOT_PAGE.test(request.url)) return reply.callNotFound()
    return reply
      .headers(HEADERS)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page)
  })
}
