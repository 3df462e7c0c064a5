import type { Bus, BusEvent, BusHandler } from './bus.ts'
import { subjectsOf } from './bus.ts'

/** Handlers by subject: what both buses deliver with. A handler that throws is logged; the others still hear. */
export class Subscriptions {
  readonly #handlers = new Map<string, Set<BusHandler>>()
  readonly #onError: (error: unknown, event: BusEvent) => void
  constructor(onError: (error: unknown, event: BusEvent) => void) {
    this.#onError = onError
  }
  /** Whether it is the subject's first. */
  add(subject: string, handler: BusHandler): boolean {
    const handlers = this.#handlers.get(subject)
    if (handlers) {
      handlers.add(handler)
      return false
    }
    this.#handlers.set(subject, new Set([handler]))
    return true
  }
  /** Whether it was the subject's last. */
  remove(subject: string, handler: BusHandler): boolean {
    const handlers = this.#handlers.get(subject)
    if (!handlers?.delete(handler) || handlers.size > 0) return false
    return this.#handlers.delete(subject)
  }
  deliver(subject: string, event: BusEvent): void {
    for (const handler of this.#handlers.get(subject) ?? []) {
      try {
        handler(event)
      } catch (error) {
        this.#onError(error, event)
      }
    }
  }
}

/** The bus of a process that is alone: handlers run within publish. */
export function createLocalBus(onError: (error: unknown, event: BusEvent) => void): Bus {
  const subscriptions = new Subscriptions(onError)
  const gapHandlers = new Set<() => void>()
  return {
    shared: false,
    publish(event) {
      for (const subject of subjectsOf(event.audience)) subscriptions.deliver(subject, event)
    },
    async subscribe(subject, handler) {
      subscriptions.add(subject, handler)
      return { [Symbol.dispose]: () => void subscriptions.remove(subject, handler) }
    },
    onGap(handler) {
      gapHandlers.add(handler)
      return { [Symbol.dispose]: () => void gapHandlers.delete(handler) }
    },
    gap() {
      for (const handler of gapHandlers) handler()
    },
    flush: async () => {},
    close: async () => {},
  }
}
