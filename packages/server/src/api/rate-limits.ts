import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { RateLimit } from './route.ts'

interface Window {
  remaining: number
  resetMs: number
}

export interface RateVerdict {
  allowed: boolean
  headers: Record<string, string>
  retryAfterS: number
}

/** Buckets kept in memory; the least used give way. */
const BUCKETS = 50_000

/** Fixed windows per actor and bucket, told in Discord's headers. One process's own; nodes count apart. */
export class RateLimits {
  readonly #windows = new LRUCache<string, Window>({ max: BUCKETS })
  readonly #names = new Map<string, string>()

  take(
    who: string,
    routeKey: string,
    limit: RateLimit,
    params: Record<string, string>,
    nowMs: number,
  ): RateVerdict {
    const bucket = limit.bucket ?? routeKey
    const major = (limit.per ?? []).map((name) => params[name]).join(':')
    const key = `${who} ${bucket} ${major}`
    let window = this.#windows.get(key)
    if (!window || window.resetMs <= nowMs) {
      window = { remaining: limit.limit, resetMs: nowMs + limit.windowMs }
      this.#windows.set(key, window)
    }
    const allowed = window.remaining > 0
    if (allowed) window.remaining--
    const resetAfterS = Math.max(0, (window.resetMs - nowMs) / 1000)
    const headers: Record<string, string> = {
      'x-ratelimit-limit': String(limit.limit),
      'x-ratelimit-remaining': String(window.remaining),
      'x-ratelimit-reset': (window.resetMs / 1000).toFixed(3),
      'x-ratelimit-reset-after': resetAfterS.toFixed(3),
      'x-ratelimit-bucket': this.#name(bucket),
    }
    if (!allowed) {
      headers['retry-after'] = resetAfterS.toFixed(3)
      headers['x-ratelimit-scope'] = 'user'
      // discord.py takes a 429 without it for a ban by a proxy.
      headers.via = '1.1 convive'
    }
    return { allowed, headers, retryAfterS: resetAfterS }
  }

  #name(bucket: string): string {
    let name = this.#names.get(bucket)
    if (!name) {
      name = createHash('sha256').update(bucket).digest('hex').slice(0, 16)
      this.#names.set(bucket, name)
    }
    return name
  }
}
