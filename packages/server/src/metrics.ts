import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What this process counts; served on /metrics to the machine itself. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    httpRequests: new Counter({
      name: 'convive_http_requests_total',
      help: 'Requests answered, by route and status.',
      labelNames: ['method', 'route', 'status'] as const,
      registers,
    }),
    gatewaySessions: new Gauge({
      name: 'convive_gateway_sessions',
      help: 'Sessions held, cut ones included.',
      registers,
    }),
    gatewayDispatches: new Counter({
      name: 'convive_gateway_dispatches_total',
      help: 'Frames sent.',
      registers,
    }),
    messagesSent: new Counter({ name: 'convive_messages_total', help: 'Messages written.', registers }),
    commitMessages: new Histogram({
      name: 'convive_commit_messages',
      help: 'Messages that shared one commit.',
      buckets: [1, 2, 4, 8, 16, 32, 64],
      registers,
    }),
    characterReplies: new Counter({
      name: 'convive_character_replies_total',
      help: 'Turns of characters, by how they ended.',
      labelNames: ['outcome'] as const,
      registers,
    }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>
