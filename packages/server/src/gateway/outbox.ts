import type { Session } from './session.ts'

/** Sessions with something to write, flushed together when the tick ends. */
export class Outbox {
  #dirty: Session[] = []

  add(session: Session): void {
    this.#dirty.push(session)
    if (this.#dirty.length === 1) setImmediate(() => this.flush())
  }

  flush(): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const session of dirty) session.flush()
  }
}
