import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
import { createChatEngine } from './chat-engine.ts'
import { createEmbedEngine } from './embed-engine.ts'
import { setNiceness } from './niceness.ts'
import type { ChildOptions, FromChild, ReadyInfo, ToChild } from './wire.ts'

/** A main program of its own, started by process.ts: one model file, spoken to over the IPC channel. */

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions

// The channel closes when the parent ends, however it ends. A signal, because `exit` would wait for llama.cpp's threads.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// Ctrl-C goes to the whole group: the parent decides when we stop.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

interface Engine {
  info: ReadyInfo
  handle(message: ToChild): void
}

const outbox: FromChild[] = []
let flushScheduled = false

/** Sends at the end of this tick, with everything else of it; text of one reply is joined. */
function send(message: FromChild): void {
  const last = outbox.at(-1)
  if (message.type === 'text' && last?.type === 'text' && last.id === message.id) last.text += message.text
  else if (message.type !== 'progress' || last === undefined) outbox.push(message)
  if (flushScheduled) return
  flushScheduled = true
  setImmediate(flush)
}

function flush(): void {
  flushScheduled = false
  process.send?.(outbox.splice(0))
}

async function start(): Promise<Engine> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: options.threads,
  })
  const model = await llama.loadModel({ modelPath: options.file, gpuLayers: 0 })
  return options.role === 'chat'
    ? createChatEngine(model, options, send)
    : createEmbedEngine(model, options, send)
}

start().then(
  (engine) => {
    setNiceness(options.nice)
    process.on('message', (messages: ToChild[]) => {
      for (const message of messages) engine.handle(message)
    })
    send({ type: 'ready', info: engine.info })
  },
  (error: unknown) => {
    process.send?.([{ type: 'fatal', message: String((error as Error)?.message ?? error) }], () =>
      process.exit(1),
    )
  },
)
