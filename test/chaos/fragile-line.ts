import { connect, createServer, type Server, type Socket } from 'node:net'

/** How long the database has to finish what it was asked before the line is cut. */
const FINISH_MS = 100

/** Stands between a server and its database, and can lose the answer to a statement that was carried out. */
export class FragileLine implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #pattern: string | null = null
  #spared = 0
  /** Answers lost so far. */
  lost = 0

  private constructor(target: URL) {
    this.#server = createServer((client) => this.#join(client, connect(Number(target.port), target.hostname)))
  }

  /** Ends with the line and the address that leads through it. */
  static async start(databaseUrl: string): Promise<{ line: FragileLine; url: string }> {
    const url = new URL(databaseUrl)
    const line = new FragileLine(new URL(databaseUrl))
    await new Promise<void>((resolve) => line.#server.listen(0, '127.0.0.1', resolve))
    const address = line.#server.address()
    url.port = String(typeof address === 'object' && address ? address.port : 0)
    return { line, url: url.toString() }
  }

  /** The next statement with this text in it, or the one after so many, reaches the database; its answer reaches nobody. */
  loseAnswerTo(text: string, after = 0): void {
    this.#pattern = text
    this.#spared = after
  }

  #join(client: Socket, upstream: Socket): void {
    let doomed = false
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    client.on('data', (data) => {
      upstream.write(data)
      if (doomed || this.#pattern === null || !data.includes(this.#pattern)) return
      if (this.#spared-- > 0) return
      doomed = true
      this.#pattern = null
      this.lost++
      setTimeout(cut, FINISH_MS)
    })
    upstream.on('data', (data) => {
      if (!doomed) client.write(data)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
