import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../packages/server/src/main.ts', import.meta.url))
const START_MS = 60_000
const STOP_MS = 30_000

/** How a program ended, and what it said. */
export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** The real server, as `npm start` starts it: a process of its own, in a process group of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly pid: number
  readonly ended: Promise<Ended>
  origin = ''
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  constructor(env: Record<string, string>) {
    this.#child = spawn(process.execPath, [MAIN, 'start'], {
      // Nothing of the test's own environment: it is a stranger's terminal.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, OLLAMA_URL: 'http://127.0.0.1:9', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.pid = this.#child.pid ?? 0
    this.#child.stdout?.on('data', (data) => {
      this.#stdout += data
    })
    this.#child.stderr?.on('data', (data) => {
      this.#stderr += data
    })
    this.ended = new Promise((resolve) =>
      this.#child.on('close', (code, signal) =>
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }),
      ),
    )
  }

  /** Starts it and waits until it serves. Throws with all that it said if it does not. */
  static async start(env: Record<string, string>): Promise<ServerProcess> {
    const server = new ServerProcess(env)
    let over = false
    void server.ended.then(() => {
      over = true
    })
    for (let waitedMs = 0; waitedMs < START_MS && !over; waitedMs += 20) {
      const origin = /running at (http\S+)/.exec(server.#stdout)?.[1]
      if (origin) {
        server.origin = origin
        return server
      }
      await sleep(20)
    }
    await server[Symbol.asyncDispose]()
    throw new Error(`the server did not start: ${server.#stdout}${server.#stderr}`)
  }

  /** What it said so far. */
  get output(): string {
    return this.#stdout + this.#stderr
  }

  /** `kill -9`, of this process alone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Ctrl-C: the terminal sends it to the whole group. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.interrupt()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    await this.ended
    clearTimeout(force)
  }
}

/** A folder that the database's own user may enter, should we be root. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-chaos-'))
  await chmod(dataDir, 0o711)
  return dataDir
}

/** The embedded database's first process; null if none is on record. */
export async function postmasterOf(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(text.split('\n', 1)[0])
  return pid > 0 ? pid : null
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** All processes that a process started, theirs too, with their command lines. Linux only. */
export function descendantsOf(pid: number): Map<number, string> {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readProc(`${name}/status`))?.[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found = new Map<number, string>()
  const visit = (parent: number) => {
    for (const child of children.get(parent) ?? []) {
      found.set(child, readProc(`${child}/cmdline`).replaceAll('\0', ' '))
      visit(child)
    }
  }
  visit(pid)
  return found
}

function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return ''
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
