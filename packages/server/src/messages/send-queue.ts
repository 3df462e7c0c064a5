import { ApiError } from '@convive/protocol/errors'
import type { Logger } from 'pino'
import type { Bus, BusEvent } from '../bus/bus.ts'
import type { Metrics } from '../metrics.ts'
import { type Database, isConnectionLost, mayHaveCommitted } from '../storage/database.ts'
import type { Casting } from './casting.ts'
import type { MessageRow } from './wire.ts'
import { writeBatch } from './write-batch.ts'

/** Messages that may wait for a commit; beyond that the server says that it is overloaded. */
const WAITING_MESSAGES = 5_000
/** Messages that share one commit. */
const BATCH_MESSAGES = 64
/** Commits under way at once, each of other channels: while one waits for the disk, the next is being computed. */
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
 * channel rise in the order of the commits, so that paging by `after` never misses one. Events go out in that order: a
 * channel is written by one commit at a time (of this node; between nodes clients go by the ids).
 */
export class SendQueue {
  readonly #deps: { db: Database; bus: Bus; metrics: Metrics; log: Logger }
  readonly #waiting: Waiting[] = []
  /** Channels of the commits under way. */
  readonly #busy = new Set<string>()
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

  /** The next messages that may share a commit, in their order, of channels that no other commit is writing. */
  #take(): Waiting[] {
    const taken: Waiting[] = []
    const left: Waiting[] = []
    const blocked = new Set(this.#busy)
    let seen = 0
    for (const waiting of this.#waiting) {
      if (taken.length === BATCH_MESSAGES || taken[0]?.alone) break
      seen++
      if (!blocked.has(channelOf(waiting)) && !(waiting.alone && taken.length > 0)) taken.push(waiting)
      else {
        left.push(waiting)
        blocked.add(channelOf(waiting))
      }
    }
    this.#waiting.splice(0, seen, ...left)
    return taken
  }

  async #run(): Promise<void> {
    const batch = this.#take()
    if (batch.length === 0) return
    const channels = new Set(batch.map(channelOf))
    for (const channel of channels) this.#busy.add(channel)
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
      this.#fail(batch, error)
    } finally {
      for (const channel of channels) this.#busy.delete(channel)
      this.#running--
      if (this.#waiting.length > 0) this.#schedule()
      else if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
    }
  }

  #fail(batch: readonly Waiting[], error: unknown): void {
    // They may have been written, and are not told then; where there is an outbox, it tells.
    if (mayHaveCommitted(error) && !this.#deps.bus.shared) this.#deps.bus.gap()
    if (batch.length === 1 || isConnectionLost(error)) for (const waiting of batch) waiting.reject(error)
    // One bad message must not take the others with it.
    else this.#waiting.unshift(...batch.map((waiting) => ({ ...waiting, alone: true })))
  }
}

function channelOf(waiting: Waiting): string {
  return waiting.draft.row.channel_id
}
