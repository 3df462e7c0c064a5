import type { Payload } from './payload.ts'

/** Dispatches kept for one session until they are acknowledged. The buffers are shared by all sessions that got them. */
export const REPLAY_EVENTS = 4_096
export const REPLAY_BYTES = 32 * 1024 * 1024

const NONE: Payload = { type: '', head: Buffer.alloc(0) }
const COMPACT_AT = 64

/** The last dispatches of a session by sequence number: what is still to be sent, and what a resume repeats. */
export class ReplayLog {
  #entries: Payload[] = []
  #head = 0
  /** Sequence number of the oldest entry. */
  #first = 1
  #bytes = 0

  /** The oldest sequence number that is kept; one more than the last pushed if none is. */
  get first(): number {
    return this.#first
  }

  push(payload: Payload): void {
    this.#entries.push(payload)
    this.#bytes += payload.head.length
    while (this.#length > REPLAY_EVENTS || (this.#bytes > REPLAY_BYTES && this.#length > 1)) this.#shift()
  }

  get(seq: number): Payload {
    return this.#entries[this.#head + seq - this.#first] ?? NONE
  }

  /** Forgets everything up to and including `seq`. */
  dropThrough(seq: number): void {
    while (this.#first <= seq && this.#length > 0) this.#shift()
  }

  clear(): void {
    this.dropThrough(Number.MAX_SAFE_INTEGER)
  }

  get #length(): number {
    return this.#entries.length - this.#head
  }

  #shift(): void {
    this.#bytes -= this.#entries[this.#head]?.head.length ?? 0
    this.#entries[this.#head] = NONE
    this.#head++
    this.#first++
    if (this.#head === this.#entries.length) {
      this.#entries = []
      this.#head = 0
    } else if (this.#head >= COMPACT_AT && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }
}
