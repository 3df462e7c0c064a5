import type { BusEvent } from '../bus/bus.ts'
import type { Actor } from '../context.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import type { Payload } from './payload.ts'
import type { PresenceUpdate } from './protocol.ts'
import { ReplayLog } from './replay-log.ts'

/** A client that is so far behind is cut; it may resume, for the log holds more than that. */
export const SLOW_EVENTS = 2_048
export const SLOW_BYTES = 16 * 1024 * 1024
/** Dispatches that wait for the end of the tick before they are written at once. */
const TICK_EVENTS = 64
/** What produces many dispatches for one session (guilds after READY, member chunks) waits while so much is unsent. */
const PACE_BYTES = 512 * 1024
/** Events of the user kept while READY is being built. */
const EARLY_EVENTS = 10_000

export interface SessionOptions {
  id: string
  actor: Actor
  intents: number
  shard: readonly [number, number] | null
  convive: boolean
  readsContent: boolean
  largeThreshold: number
}

/** What sessions ask of the gateway that holds them. */
export interface Keeper {
  /** Has the session flushed at the end of the tick. */
  flushLater(session: Session): void
  /** So many dispatches went out. */
  wrote(dispatches: number): void
  /** Ends the session and tells its client to identify anew. */
  invalidate(session: Session): void
}

/** One client's place in the stream of events: outlives its sockets for as long as it may be resumed. */
export class Session {
  readonly id: string
  readonly actor: Actor
  readonly userId: string
  readonly intents: number
  readonly shard: readonly [number, number] | null
  readonly convive: boolean
  readonly readsContent: boolean
  readonly largeThreshold: number
  readonly guilds = new Map<string, Hub>()
  readonly log = new ReplayLog()
  seq = 0
  connection: Connection | null = null
  /** When the socket was lost; null while there is one. */
  detachedAtMs: number | null = null
  ended = false
  presence: Pick<PresenceUpdate, 'status' | 'activities'> = { status: 'online', activities: [] }
  client: 'web' | 'desktop' | 'mobile' = 'web'
  /** Events for the user that came before READY was sent; null once it is. */
  early: BusEvent[] | null = []
  #sent = 0
  /** The last dispatch before the socket that is used now. */
  #resumedAt = 0
  #unsentBytes = 0
  #dirty = false
  #waiters: (() => void)[] = []
  readonly #keeper: Keeper

  constructor(options: SessionOptions, keeper: Keeper) {
    this.id = options.id
    this.actor = options.actor
    this.userId = options.actor.userId
    this.intents = options.intents
    this.shard = options.shard
    this.convive = options.convive
    this.readsContent = options.readsContent
    this.largeThreshold = options.largeThreshold
    this.#keeper = keeper
  }

  /** Whether this shard of the account is the one that handles the guild; DMs are the first one's. */
  handles(guildId: string | null): boolean {
    if (!this.shard) return true
    return guildId === null
      ? this.shard[0] === 0
      : Number((BigInt(guildId) >> 22n) % BigInt(this.shard[1])) === this.shard[0]
  }

  /** Gives the dispatch its number and its place in the log; it is written at the end of the tick. */
  deliver(payload: Payload): void {
    if (this.ended) return
    this.seq++
    this.log.push(payload)
    if (!this.connection) return
    this.#unsentBytes += payload.head.length
    if (!this.#dirty) {
      this.#dirty = true
      this.#keeper.flushLater(this)
    }
    if (this.seq - this.#sent >= TICK_EVENTS) this.flush()
  }

  /** Writes what the socket takes. A client that does not read is cut here. */
  flush(): void {
    this.#dirty = false
    const { connection } = this
    if (!connection) return
    // What was not yet sent fell out of the log: the stream is torn.
    if (this.log.first > this.#sent + 1) {
      connection.terminate()
      return
    }
    const before = this.#sent
    while (this.#sent < this.seq && connection.ready) {
      const from = this.#sent
      this.#sent = connection.write(this, from)
      for (let n = from + 1; n <= this.#sent; n++) this.#unsentBytes -= this.log.get(n).head.length
    }
    if (this.#sent > before) this.#keeper.wrote(this.#sent - before)
    // Nobody can resume before READY has reached them, so it need not be kept.
    if (this.#sent >= 1 && this.log.first === 1) this.log.dropThrough(1)
    if (this.#unsentBytes < PACE_BYTES) this.#wake()
    if (this.#isSlow()) connection.terminate()
  }

  /** Resolves once the client has been sent nearly everything, or never will be. */
  async caughtUp(): Promise<void> {
    while (!this.ended && (this.#unsentBytes >= PACE_BYTES || !this.connection)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** The client has everything up to `seq`. */
  acknowledge(seq: number): void {
    if (seq <= this.#sent) this.log.dropThrough(seq)
  }

  /** Whether what came after `seq` is still here. */
  canResumeAfter(seq: number): boolean {
    return seq >= 1 && seq <= this.seq && this.log.first <= seq + 1
  }

  /** Goes on over another socket with what came after `sent`. */
  resume(connection: Connection, sent: number): void {
    this.connection = connection
    this.detachedAtMs = null
    connection.session = this
    this.#sent = sent
    this.#resumedAt = this.seq
    this.#unsentBytes = 0
    for (let n = sent + 1; n <= this.seq; n++) this.#unsentBytes += this.log.get(n).head.length
  }

  // While a resume is being repeated only the log is the limit, or who was cut for slowness could never come back.
  #isSlow(): boolean {
    const unsent = this.seq - this.#sent
    if (this.#sent < this.#resumedAt) return false
    return unsent > SLOW_EVENTS || (unsent > 1 && this.#unsentBytes > SLOW_BYTES)
  }

  detach(nowMs: number): void {
    this.connection = null
    this.detachedAtMs = nowMs
  }

  /** Its client must start anew: it cannot be told what is true now. */
  invalidate(): void {
    this.#keeper.invalidate(this)
  }

  /** Lets go of what the session holds. What it is part of forgets it in sessions.ts. */
  end(): void {
    this.ended = true
    this.log.clear()
    this.early = null
    this.#wake()
  }

  /** Keeps an event until READY is sent. False: it must be delivered now. */
  holdEarly(event: BusEvent): boolean {
    if (!this.early) return false
    if (this.early.length < EARLY_EVENTS) this.early.push(event)
    else this.connection?.terminate()
    return true
  }

  #wake(): void {
    const waiters = this.#waiters
    if (waiters.length === 0) return
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
