import { ApiError } from '@convive/protocol/errors'
import type { Logger } from 'pino'
import type { Bus, BusEvent } from '../bus/bus.ts'
import type { Metrics } from '../metrics.ts'
import type { Database } from '../storage/database.ts'
import type { Casting } from './casting.ts'
import type { MessageRow } from './wire.ts'
import { writeBatch } from './write-batch.ts'

/** Messages that may wait for a commit; beyond that the server says that it is overloaded. */
const WAITING_MESSAGES = 5_000
/** Messages that share one commit. */
const BATCH_MESSAGES = 64
/** Commits under way at once: while one waits for the disk, the next is being computed. */
const LANES = 2

/** A message that was checked and is ready to be written. */
export interface MessageDraft {
  row: Omit<MessageRow, 'id' | 'edited_at' | 'pinned_at'>
  guildId: string | null
  /** The guild's version that the permission check saw. If it is no longer true the message is not written. */
  version: string | null
  /** A second message of the author with the same is the same message. */
  nonce: string | null
  /** Users and roles whose mention counts go up. */
  targets: readonly string[]
  /** Whether sending marks the channel read for its author. */
  marksRead: boolean
  /** Who might answer; null where nobody of a cast is there. */
  casting: Casting | null
  /** What the others are told, once it has an id. */
  event(id: string): Omit<BusEvent, 'id'>
}

export type Sent =
  | { outcome: 'written'; id: string }
  /** The same nonce was written before. */
  | { outcome: 'repeated'; id: string }
  /** The guild changed since the check: check again. */
  | { outcome: 'stale' }
  | { outcome: 'gone' }

interface Waiting {
  draft: MessageDraft
  /** Was in a commit that failed: goes by itself now. */
  alone: boolean
  resolve(sent: Sent): void
  reject(error: unknown): void
}

/**
 * Writes messages. Those that arrive together share one statement and one commit, each under its own checks; ids of a
 * channel rise in the order of the commits, so that paging by `after` never misses one. Events go out in that order.
 */
export class SendQueue {
  readonly #deps: { db: Database; bus: Bus; metrics: Metrics; log: Logger }
  readonly #waiting: Waiting[] = []
  #running = 0
  #scheduled = false
  #idle: (() => void)[] = []

  constructor(deps: { db: Database; bus: Bus; metrics: Metrics; log: Logger }) {
    this.#deps = deps
  }

  /** Resolves when the message is on disk and its event published. Throws Overloaded when too many wait. */
  write(draft: MessageDraft): Promise<Sent> {
    if (this.#waiting.length >= WAITING_MESSAGES) throw new ApiError('Overloaded')
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, alone: false, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves once nothing waits or runs. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled || this.#running >= LANES) return
    this.#scheduled = true
    // What arrives in the same turn of the event loop goes along.
    setImmediate(() => {
      this.#scheduled = false
      void this.#run()
    })
  }

  #take(): Waiting[] {
    const first = this.#waiting.findIndex((waiting) => waiting.alone)
    if (first === 0) return this.#waiting.splice(0, 1)
    return this.#waiting.splice(0, first > 0 ? Math.min(first, BATCH_MESSAGES) : BATCH_MESSAGES)
  }

  async #run(): Promise<void> {
    if (this.#waiting.length === 0) return
    const batch = this.#take()
    this.#running++
    if (this.#waiting.length > 0) this.#schedule()
    try {
      const sent = await writeBatch(
        this.#deps.db,
        this.#deps.bus,
        batch.map((waiting) => waiting.draft),
      )
      this.#deps.metrics.commitMessages.observe(batch.length)
      this.#deps.metrics.messagesSent.inc(sent.filter((one) => one.outcome === 'written').length)
      for (const [index, waiting] of batch.entries()) waiting.resolve(sent[index] ?? { outcome: 'gone' })
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error)
      // One bad message must not take the others with it.
      else this.#waiting.unshift(...batch.map((waiting) => ({ ...waiting, alone: true })))
    } finally {
      this.#running--
      if (this.#waiting.length > 0) this.#schedule()
      else if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }
}
