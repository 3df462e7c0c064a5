import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ModelError } from '../errors.ts'
import type { ChildOptions, FromChild, ReadyInfo, ToChild } from './wire.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 2_000
/** A file that cannot be loaded is not loaded again for every message. */
const FAILED_START_PAUSE_MS = 3_000
const WATCH_INTERVAL_MS = 1_000
const MAX_STDERR_CHARS = 2_000

export interface LlamaProcessOptions extends ChildOptions {
  /** A process that owes an answer and shows no progress for so long is killed. */
  hungAfterMs: number
}

/** What the caller of a request hears: answers as they come, or one error and then nothing more. */
export interface Listener {
  onMessage(message: FromChild): void
  onError(error: ModelError): void
}

export interface LlamaProcess {
  /** Starts it if it does not run. Many callers share one start. */
  ready(): Promise<ReadyInfo>
  /** Sends a request, starting the process if need be. The listener is forgotten after done, counted, embedded or failed. */
  request(message: WithoutId<ToChild>, listener: Listener): Promise<number>
  cancel(id: number): void
  /** Forgets a request without waiting for its end. */
  forget(id: number): void
  readonly pid: number | undefined
  /** Ends the process; running requests fail. It may be started again. */
  stop(): Promise<void>
}

type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never

interface Running {
  readonly child: ChildProcess
  readonly ready: Promise<ReadyInfo>
  /** Resolves with what the callers are told. */
  readonly ended: Promise<ModelError>
  readonly calls: Map<number, { counts: boolean; listener: Listener }>
  progressAt: number
  stderr: string
  /** Why we killed it, if we did. */
  killedFor: ModelError | null
}

const FINAL: ReadonlySet<FromChild['type']> = new Set(['done', 'counted', 'embedded', 'failed'])

/** A llama.cpp process for one model file: started on first use, watched, started anew after it died. Ends with us. */
export function createLlamaProcess(options: LlamaProcessOptions): LlamaProcess {
  let running: Running | null = null
  let failedStart: { at: number; error: ModelError } | null = null
  let nextId = 1

  function current(): Running {
    if (running) return running
    if (failedStart && performance.now() - failedStart.at < FAILED_START_PAUSE_MS) throw failedStart.error
    const process = launch(options)
    running = process
    // The listener of `ready` runs first: a process that was ready once may be started again at once.
    let wasReady = false
    process.ready.then(
      () => {
        wasReady = true
      },
      () => {},
    )
    process.ended.then((error) => {
      if (running === process) running = null
      failedStart = wasReady ? null : { at: performance.now(), error }
    })
    return process
  }

  return {
    async ready() {
      return current().ready
    },
    async request(message, listener) {
      const process = current()
      await process.ready
      if (running !== process) throw new ModelError('Unreachable', 'The model’s process ended.')
      const id = nextId++
      if (process.calls.size === 0) process.progressAt = performance.now()
      process.calls.set(id, { counts: message.type === 'count', listener })
      holdOpen(process)
      send(process, { ...message, id } as ToChild)
      return id
    },
    cancel(id) {
      if (running?.calls.has(id)) send(running, { type: 'cancel', id })
    },
    forget(id) {
      if (!running?.calls.delete(id)) return
      send(running, { type: 'cancel', id })
      holdOpen(running)
    },
    get pid() {
      return running?.child.pid
    },
    async stop() {
      const process = running
      if (!process) return
      running = null
      process.killedFor ??= new ModelError('Stopped', 'The model was stopped.')
      await endChild(process.child)
    },
  }
}

function launch(options: LlamaProcessOptions): Running {
  const child = fork(CHILD, [JSON.stringify(childOptions(options))], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const ready = Promise.withResolvers<ReadyInfo>()
  // Whoever waits for it hears of a failure; if nobody does, it is no unhandled rejection.
  ready.promise.catch(() => {})
  const ended = Promise.withResolvers<ModelError>()
  const process: Running = {
    child,
    ready: ready.promise,
    ended: ended.promise,
    calls: new Map(),
    progressAt: performance.now(),
    stderr: '',
    killedFor: null,
  }
  const startTimer = setTimeout(() => {
    kill(process, new ModelError('TimedOut', 'The model took too long to load.'))
  }, START_TIMEOUT_MS)
  const watch = setInterval(() => watchForHang(process, options.hungAfterMs), WATCH_INTERVAL_MS)
  watch.unref()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    process.stderr = (process.stderr + text).slice(-MAX_STDERR_CHARS)
  })
  child.on('message', (messages: FromChild[]) => {
    // `node --watch` makes its children report what they import, on the same channel.
    if (!Array.isArray(messages)) return
    for (const message of messages) {
      if (message.type === 'ready') {
        clearTimeout(startTimer)
        ready.resolve(message.info)
        holdOpen(process)
      } else if (message.type === 'fatal') process.killedFor ??= new ModelError('Failed', message.message)
      else receive(process, message)
    }
  })
  const onEnd = (what: string) => {
    clearTimeout(startTimer)
    clearInterval(watch)
    const error = process.killedFor ?? deathOf(process, what)
    ended.resolve(error)
    ready.reject(error)
    for (const call of process.calls.values()) call.listener.onError(error)
    process.calls.clear()
  }
  child.on('exit', (code, signal) => onEnd(signal ?? `code ${code}`))
  child.on('error', (error) => onEnd(error.message))
  return process
}

function deathOf(process: Running, what: string): ModelError {
  const lastLine = process.stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
  return new ModelError('Unreachable', `The model’s process ended (${what}). ${lastLine}`.trim())
}

function childOptions(options: LlamaProcessOptions): ChildOptions {
  const { role, file, threads, sequences, contextTokens, nice } = options
  return { role, file, threads, sequences, contextTokens, nice }
}

function send(process: Running, message: ToChild): void {
  // A failed send means that it just died: `exit` tells every caller.
  if (process.child.connected) process.child.send([message], () => {})
}

function receive(process: Running, message: Exclude<FromChild, { type: 'ready' | 'fatal' }>): void {
  // Counting needs no llama.cpp: it must not hide that evaluation hangs.
  if (message.type !== 'counted' || isOnlyCounting(process)) process.progressAt = performance.now()
  if (message.type === 'progress') return
  const call = process.calls.get(message.id)
  if (!call) return
  if (FINAL.has(message.type)) {
    process.calls.delete(message.id)
    holdOpen(process)
  }
  call.listener.onMessage(message)
}

function isOnlyCounting(process: Running): boolean {
  return process.calls.values().every((call) => call.counts)
}

function watchForHang(process: Running, hungAfterMs: number): void {
  if (process.calls.size === 0 || performance.now() - process.progressAt < hungAfterMs) return
  kill(process, new ModelError('TimedOut', 'The model’s process hung and was ended.'))
}

function kill(process: Running, why: ModelError): void {
  process.killedFor ??= why
  process.child.kill('SIGKILL')
}

/** An idle model process does not keep ours from ending; it ends with it. */
function holdOpen(process: Running): void {
  const { child } = process
  const stderr = child.stderr as { ref?(): void; unref?(): void } | null
  stderr?.unref?.()
  if (process.calls.size > 0) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.ref()
  if (child.connected) child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
