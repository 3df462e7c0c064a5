import { ModelError } from '../errors.ts'
import { createLlamaProcess, type LlamaProcess } from './llama-process.ts'
import type { ChatTurn, ReadyInfo, Sampling } from './wire.ts'

/** Requests that wait for a free sequence. Past it callers hear at once that the model is busy. */
const MAX_WAITING_REQUESTS = 64
const BUSY_RETRY_AFTER_MS = 5_000
/** Niceness: the server's event loop and its database go before the model. */
export const CHAT_NICE = 5
const HUNG_AFTER_MS = 30_000

export interface ChatRunnerOptions {
  file: string
  threads: number
  sequences: number
  contextTokens: number
  hungAfterMs?: number
}

export interface Generation {
  reason: 'stop' | 'length'
  inputTokens: number
  cachedTokens: number
  outputTokens: number
}

export interface ChatRunner {
  ready(): Promise<ReadyInfo>
  /** Resolves when the last token is there; `onText` hears text as it comes. Throws ModelError, or the signal's reason. */
  generate(
    turns: readonly ChatTurn[],
    sampling: Sampling,
    onText: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<Generation>
  /** Tokens of each text by the model's own tokenizer. */
  countTokens(texts: readonly string[]): Promise<number[]>
  /** Whether nobody waits for it. */
  isIdle(): boolean
  readonly process: LlamaProcess
  stop(): Promise<void>
}

/** Text generation by one GGUF file: up to `sequences` requests run together in one batch, more wait in order. */
export function createChatRunner(options: ChatRunnerOptions): ChatRunner {
  const process = createLlamaProcess({
    role: 'chat',
    nice: CHAT_NICE,
    ...options,
    hungAfterMs: options.hungAfterMs ?? HUNG_AFTER_MS,
  })
  const gate = createGate(options.sequences)

  return {
    process,
    ready: () => process.ready(),
    async generate(turns, sampling, onText, signal) {
      await gate.enter(signal)
      // A stopped caller is answered at once, but its sequence is free only when the process says so.
      const ended = Promise.withResolvers<void>()
      void ended.promise.then(gate.leave)
      try {
        await untilAborted(process.ready(), signal)
        return await run(process, turns, sampling, onText, ended.resolve, signal)
      } catch (error) {
        if (!(error instanceof StoppedEarly)) ended.resolve()
        throw error instanceof StoppedEarly ? error.reason : error
      }
    },
    async countTokens(texts) {
      const counted = Promise.withResolvers<number[]>()
      await process.request(
        { type: 'count', texts },
        {
          onMessage(message) {
            if (message.type === 'counted') counted.resolve(message.counts)
            else if (message.type === 'failed') counted.reject(new ModelError('Failed', message.message))
          },
          onError: counted.reject,
        },
      )
      return counted.promise
    },
    isIdle: gate.isEmpty,
    stop: () => process.stop(),
  }
}

/** The caller went away while the process still writes. */
class StoppedEarly extends Error {
  readonly reason: unknown
  constructor(reason: unknown) {
    super('stopped')
    this.reason = reason
  }
}

async function run(
  process: LlamaProcess,
  turns: readonly ChatTurn[],
  sampling: Sampling,
  onText: (text: string) => void,
  onEnded: () => void,
  signal?: AbortSignal,
): Promise<Generation> {
  const result = Promise.withResolvers<Generation>()
  let stopped = false
  const id = await process.request(
    { type: 'generate', turns, sampling },
    {
      onMessage(message) {
        if (message.type === 'text') {
          if (!stopped) onText(message.text)
        } else if (message.type === 'done') {
          onEnded()
          const { reason, inputTokens, cachedTokens, outputTokens } = message
          if (reason !== 'cancelled') result.resolve({ reason, inputTokens, cachedTokens, outputTokens })
        } else if (message.type === 'failed') {
          onEnded()
          result.reject(new ModelError('Failed', message.message))
        }
      },
      onError(error) {
        onEnded()
        result.reject(error)
      },
    },
  )
  const stop = () => {
    stopped = true
    process.cancel(id)
    result.reject(new StoppedEarly(signal?.reason))
  }
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await result.promise
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** The promise, or the signal's reason if that comes first. */
async function untilAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const stop = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Lets `places` in; the others wait in order, and leave the queue when their signal aborts. */
function createGate(places: number) {
  let inside = 0
  const waiting: { admit(): void }[] = []

  function leave(): void {
    const next = waiting.shift()
    if (next) next.admit()
    else inside--
  }

  return {
    leave,
    isEmpty: () => inside === 0,
    async enter(signal?: AbortSignal): Promise<void> {
      signal?.throwIfAborted()
      if (inside < places) {
        inside++
        return
      }
      if (waiting.length >= MAX_WAITING_REQUESTS)
        throw new ModelError(
          'RateLimited',
          'The bundled model is busy with other rooms.',
          BUSY_RETRY_AFTER_MS,
        )
      const turn = Promise.withResolvers<void>()
      const entry = { admit: turn.resolve }
      const giveUp = () => {
        const index = waiting.indexOf(entry)
        if (index < 0) return
        waiting.splice(index, 1)
        turn.reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.push(entry)
      try {
        await turn.promise
      } finally {
        signal?.removeEventListener('abort', giveUp)
      }
    },
  }
}
