import type { FastifyInstance } from 'fastify'
import type { App } from '../context.ts'

/** For whoever runs the server: `/healthz` (does the database answer) and, from this machine only, `/metrics`. */
export function addOperatingRoutes(server: FastifyInstance, app: App): void {
  server.get('/healthz', async (_request, reply) => {
    try {
      await app.db.pool.query('SELECT 1')
      return { ok: true }
    } catch {
      return reply.code(503).send({ ok: false })
    }
  })
  server.get('/metrics', async (request, reply) => {
    if (!['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.socket.remoteAddress ?? ''))
      return reply.callNotFound()
    return reply.type(app.metrics.registry.contentType).send(await app.metrics.registry.metrics())
  })
}
