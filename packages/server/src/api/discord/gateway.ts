import { gatewayUrl } from '../../gateway-url.ts'
import { type AnyRoute, route } from '../route.ts'

/** What libraries are told of how often they may identify. Identifies are metered by the gateway itself, not counted. */
const SESSION_STARTS = { total: 1000, remaining: 1000, reset_after: 14_400_000, max_concurrency: 16 }

export const gatewayRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/gateway',
    auth: 'nobody',
    handler: async ({ app, request }) => ({ url: gatewayUrl(app.config, request.headers.host) }),
  }),
  route({
    method: 'GET',
    path: '/gateway/bot',
    auth: 'bot',
    handler: async ({ app, request }) => ({
      url: gatewayUrl(app.config, request.headers.host),
      shards: 1,
      session_start_limit: SESSION_STARTS,
    }),
  }),
]
