import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_MS = 10_000

/** Why the tests of several nodes cannot run here; null if they can. */
export function whyNoNats(): string | null {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' })
    return null
  } catch {
    return 'SKIPPED: the tests of several nodes need the program nats-server. Debian: apt-get install nats-server'
  }
}

/** A NATS server of this test's own, which may be killed and started again on its port. */
export class Nats implements AsyncDisposable {
  readonly port: number
  #child: ChildProcess | null = null

  private constructor(port: number) {
    this.port = port
  }

  static async start(): Promise<Nats> {
    const nats = new Nats(await freePort())
    await nats.start()
    return nats
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    this.#child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(this.port)], { stdio: 'ignore' })
    for (let waitedMs = 0; !(await answers(this.port)); waitedMs += 20) {
      if (waitedMs > START_MS) throw new Error('nats-server does not start')
      await sleep(20)
    }
  }

  /** `kill -9`, of this one by its id. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
    const end = (found: boolean) => {
      socket.destroy()
      resolve(found)
    }
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
