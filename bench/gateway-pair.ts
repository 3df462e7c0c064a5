import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ClientsCommand, Measured, RoundReport, ServerCommand } from './gateway-wire.ts'

const SOCKETS_PER_PROCESS = 2_500
const QUIET_MS = 500
const STOP_MS = 10_000
const FLOOD_BATCH = 1_000

/** A server in a process of its own, with its clients in others. */
export interface Side extends AsyncDisposable {
  command<T>(command: ServerCommand): Promise<T>
  /** Opens sockets; the server must know as many people. */
  open(sockets: number): Promise<void>
  /** Has the clients send a heartbeat with what they have, as they do now and then. */
  acknowledge(): Promise<void>
  /** One message to all sockets: how long each of them waited, in milliseconds. */
  round(): Promise<number[]>
  /** Messages to all sockets as fast as they go: milliseconds until the last is there. */
  flood(messages: number): Promise<number>
}

/** The real server, or the bare one. `gc` lets it collect before its memory is read. */
export async function startSide(kind: 'ours' | 'floor'): Promise<Side> {
  const server = start(`gateway-${kind}.ts`)
  const [started] = (await once(server, 'message')) as [{ url?: string; port?: number }]
  const url = started.url ?? `http://127.0.0.1:${started.port}`
  const clients: ChildProcess[] = []
  let commands = 0
  const command = async <T>(message: ServerCommand): Promise<T> => {
    const id = ++commands
    return (await answerOf(server, { ...message, id }, (answer) => 'id' in answer && answer.id === id)) as T
  }
  const ask = (message: object, which: (answer: object) => boolean) =>
    Promise.all(clients.map((client) => answerOf(client, message, which)))
  return {
    command,
    async open(sockets) {
      const { tokens } =
        kind === 'ours'
          ? await command<{ tokens: string[] }>({ do: 'prepare', users: sockets })
          : { tokens: new Array<null>(sockets).fill(null) }
      for (let at = 0; at < sockets; at += SOCKETS_PER_PROCESS) {
        const client = start('gateway-clients.ts')
        const mine: ClientsCommand = { url, tokens: tokens.slice(at, at + SOCKETS_PER_PROCESS) }
        await answerOf(client, mine, (answer) => 'open' in answer)
        clients.push(client)
      }
      await sleep(QUIET_MS)
    },
    async acknowledge() {
      await ask({ beat: true }, (answer) => 'beaten' in answer)
      await sleep(QUIET_MS)
    },
    async round() {
      await ask({ listen: true }, (answer) => 'listening' in answer)
      const reports = Promise.all(
        clients.map((client) => nextOf(client, (answer) => 'latenciesNs' in answer)),
      )
      await command({ do: 'broadcast' })
      return ((await reports) as RoundReport[]).flatMap((report) => report.latenciesNs.map((ns) => ns / 1e6))
    },
    async flood(messages) {
      let tookMs = 0
      await ask({ listen: true }, (answer) => 'listening' in answer)
      // Batch by batch: both servers cut or queue for a client that falls far behind, which is not what is measured.
      for (let left = messages; left > 0; left -= FLOOD_BATCH) {
        const batch = Math.min(left, FLOOD_BATCH)
        await ask({ expect: batch }, (answer) => 'expecting' in answer)
        const done = Promise.all(clients.map((client) => nextOf(client, (answer) => 'done' in answer)))
        const startedAt = performance.now()
        await Promise.all([command({ do: 'flood', messages: batch }), done])
        tookMs += performance.now() - startedAt
      }
      await ask({ expect: 0 }, (answer) => 'expecting' in answer)
      return tookMs
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.kill('SIGKILL')
      const ended = once(server, 'exit')
      server.send({ do: 'stop' })
      const timer = setTimeout(() => server.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

export function measure(side: Side): Promise<Measured> {
  return side.command<Measured>({ do: 'measure' })
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export const rounded = (value: number) => Math.round(value * 1000) / 1000

function start(file: string): ChildProcess {
  return fork(fileURLToPath(new URL(`./${file}`, import.meta.url)), {
    execArgv: ['--expose-gc', ...(process.env.BENCH_ARGV?.split(' ') ?? [])],
  })
}

async function answerOf(
  child: ChildProcess,
  message: object,
  which: (answer: object) => boolean,
): Promise<object> {
  const answer = nextOf(child, which)
  child.send(message)
  return answer
}

function nextOf(child: ChildProcess, which: (answer: object) => boolean): Promise<object> {
  return new Promise((resolve, reject) => {
    const hear = (answer: object) => {
      if (!which(answer)) return
      child.off('message', hear)
      child.off('exit', ended)
      resolve(answer)
    }
    const ended = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`))
    child.on('message', hear)
    child.once('exit', ended)
  })
}
