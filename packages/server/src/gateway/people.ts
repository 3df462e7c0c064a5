import type { Bus, BusEvent } from '../bus/bus.ts'
import type { Session } from './session.ts'

interface Present {
  sessions: Set<Session>
  subscription: Promise<Disposable>
}

/** Who has sessions on this node, each heard for by the subject of the user. */
export class People {
  readonly #bus: Bus
  readonly #deliver: (session: Session, event: BusEvent) => void
  readonly #present = new Map<string, Present>()

  constructor(bus: Bus, deliver: (session: Session, event: BusEvent) => void) {
    this.#bus = bus
    this.#deliver = deliver
  }

  /** Resolves once the session misses nothing that is for its user. */
  async add(session: Session): Promise<void> {
    let present = this.#present.get(session.userId)
    if (!present) {
      const sessions = new Set<Session>()
      const hear = (event: BusEvent) => {
        for (const each of sessions) this.#deliver(each, event)
      }
      present = { sessions, subscription: this.#bus.subscribe(`user.${session.userId}`, hear) }
      this.#present.set(session.userId, present)
    }
    present.sessions.add(session)
    await present.subscription
  }

  remove(session: Session): void {
    const present = this.#present.get(session.userId)
    if (!present?.sessions.delete(session) || present.sessions.size > 0) return
    this.#present.delete(session.userId)
    void present.subscription.then((subscription) => subscription[Symbol.dispose]())
  }
}
