import { connect, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import { LRUCache } from 'lru-cache'
import { StartupError } from '../storage/startup-error.ts'
import type { Bus, BusEvent, BusHandler } from './bus.ts'
import { subjectsOf } from './bus.ts'
import { Subscriptions } from './local.ts'

/** How many events are remembered so that a repeated one is heard once. The outbox repeats within seconds. */
const REMEMBERED_EVENTS = 20_000
const PREFIX = 'convive.'

/** The bus between nodes: core NATS, one subscription per subject and node. What it may lose, the outbox repeats. */
export async function createNatsBus(
  url: string,
  onError: (error: unknown, event?: BusEvent) => void,
): Promise<Bus> {
  const connection = await connect({ servers: url, maxReconnectAttempts: -1, name: 'convive' }).catch(
    (cause) => {
      const { message } = cause as Error
      throw new StartupError(`cannot reach NATS at ${URL.parse(url)?.host ?? url}: ${message} (NATS_URL)`, {
        cause,
      })
    },
  )
  const subscriptions = new Subscriptions(onError)
  const remote = new Map<string, Subscription>()
  const seen = new LRUCache<string, true>({ max: REMEMBERED_EVENTS })
  const gapHandlers = new Set<() => void>()
  let connected = true
  void watchStatus(connection, (now) => {
    connected = now
    if (now) gap()
  })
  const gap = () => {
    for (const handler of gapHandlers) handler()
  }

  const receive = (subject: string, text: string) => {
    try {
      const event = JSON.parse(text, reviveBigint) as BusEvent
      const key = `${subject} ${event.id}`
      if (seen.has(key)) return
      seen.set(key, true)
      subscriptions.deliver(subject, event)
    } catch (error) {
      onError(error)
    }
  }
  return {
    shared: true,
    publish(event) {
      const text = JSON.stringify(event, replaceBigint)
      for (const subject of subjectsOf(event.audience)) connection.publish(PREFIX + subject, text)
    },
    async subscribe(subject, handler: BusHandler) {
      if (subscriptions.add(subject, handler)) {
        const callback = (_: Error | null, message: { string(): string }) =>
          receive(subject, message.string())
        remote.set(subject, connection.subscribe(PREFIX + subject, { callback }))
      }
      // Without a connection nothing can be missed that the gap at its return does not void.
      if (connected) await connection.flush().catch(() => {})
      return {
        [Symbol.dispose]: () => {
          if (!subscriptions.remove(subject, handler)) return
          remote.get(subject)?.unsubscribe()
          remote.delete(subject)
        },
      }
    },
    onGap(handler) {
      gapHandlers.add(handler)
      return { [Symbol.dispose]: () => void gapHandlers.delete(handler) }
    },
    gap,
    flush: () => connection.flush(),
    close: () => (connected ? connection.drain() : connection.close()).catch(() => {}),
  }
}

async function watchStatus(connection: NatsConnection, tell: (connected: boolean) => void): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'reconnect') tell(type === 'reconnect')
  }
}

const replaceBigint = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)
const reviveBigint = (key: string, value: unknown) =>
  key === 'permission' && typeof value === 'string' ? BigInt(value.slice(0, -1)) : value
