import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A proxy before the server whose WebSocket connections a test can cut, as a bad network does. */
export class CuttableProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #upgraded = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(target: string): Promise<CuttableProxy> {
    const { hostname, port } = new URL(target)
    const server = createServer()
    const proxy = new CuttableProxy(server)
    server.on('connection', (client) => proxy.#join(client, connect(Number(port), hostname)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Destroys every WebSocket's connection, without a close frame. Ends with how many there were. */
  cut(): number {
    const cut = this.#upgraded.size
    for (const socket of this.#upgraded) socket.resetAndDestroy()
    return cut
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, upstream: Socket): void {
    client.once('data', (chunk) => {
      if (/^upgrade: websocket/im.test(chunk.toString('latin1'))) this.#upgraded.add(client)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(one)
      one.setNoDelay(true)
      one.pipe(other)
      one.on('error', () => {})
      one.on('close', () => {
        this.#sockets.delete(one)
        this.#upgraded.delete(one)
        other.destroy()
      })
    }
  }
}
