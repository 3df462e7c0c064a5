import { ApiError } from '@convive/protocol/errors'

/** Runs costly work, only so much of it at once; what waits has a limit too. */
export class WorkQueue {
  readonly #atOnce: number
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(limits: { atOnce: number; waiting: number }) {
    this.#atOnce = limits.atOnce
    this.#mostWaiting = limits.waiting
  }

  /** Runs the work when its turn comes. Throws Overloaded if too many wait. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#mostWaiting) throw new ApiError('Overloaded')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      // The place goes to the next in line, or is free.
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
