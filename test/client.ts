import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'

export interface ApiAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

/** Calls the API as a client would: `api.post('/api/v10/…', body)`. Never throws for a status; waits out rate limits if asked. */
export class ApiClient {
  readonly #base: string
  readonly #authorization: string | null
  constructor(base: string, authorization: string | null) {
    this.#base = base
    this.#authorization = authorization
  }
  get = (path: string) => this.request('GET', path)
  delete = (path: string) => this.request('DELETE', path)
  post = (path: string, body?: unknown) => this.request('POST', path, body)
  put = (path: string, body?: unknown) => this.request('PUT', path, body)
  patch = (path: string, body?: unknown) => this.request('PATCH', path, body)

  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const url = this.#base + (path.startsWith('/api/') ? path : `/api/v10${path}`)
    const raw = body instanceof FormData || typeof body === 'string'
    for (let attempt = 0; ; attempt++) {
      const response = await fetch(url, {
        method,
        headers: {
          ...(this.#authorization && { authorization: this.#authorization }),
          ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
      })
      const text = await response.text()
      const json = response.headers.get('content-type')?.startsWith('application/json')
      const answer = {
        status: response.status,
        headers: response.headers,
        body: json ? JSON.parse(text) : text,
      }
      if (answer.status !== 429 || attempt >= 20 || answer.body.code) return answer
      await new Promise((resolve) => setTimeout(resolve, answer.body.retry_after * 1000 + 5))
    }
  }
}

export interface GatewayEvent {
  t: string
  s: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  d: any
}

export interface ConnectOptions {
  intents?: number
  convive?: boolean
  query?: string
}

const WAIT_MS = 15_000

/** A gateway session spoken by hand: keeps everything it received. */
export class GatewayClient implements Disposable {
  readonly events: GatewayEvent[] = []
  readonly #socket: WebSocket
  readonly #waiters = new Set<() => void>()
  #heartbeat: NodeJS.Timeout | undefined
  /** The session was ended by the server: op 9. */
  invalidated = false
  closeCode: number | null = null

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  /** Connects, identifies, and resolves after READY and the guilds that it names. */
  static async connect(base: string, token: string, options: ConnectOptions = {}): Promise<GatewayClient> {
    const url = `${base.replace(/^http/, 'ws')}/gateway/?${options.query ?? 'v=10&encoding=json'}`
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const client = new GatewayClient(socket)
    socket.on('message', (data, isBinary) => {
      if (!isBinary) client.#receive(JSON.parse(String(data)), token, options)
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      client.closeCode = code
      clearInterval(client.#heartbeat)
      for (const wake of client.#waiters) wake()
    })
    const ready = await client.waitFor('READY')
    const expected = (ready.d.guilds as { id: string; unavailable?: boolean }[]).filter(
      (guild) => guild.unavailable,
    )
    for (const guild of expected) await client.waitFor('GUILD_CREATE', (event) => event.d.id === guild.id)
    return client
  }

  get ready(): GatewayEvent['d'] {
    return this.received('READY')[0]
  }

  /** Data of the events of a type so far. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape
  received(type: string): any[] {
    return this.events.filter((event) => event.t === type).map((event) => event.d)
  }

  /** The first event of the type that matches, past or to come. */
  async waitFor(type: string, matches: (event: GatewayEvent) => boolean = () => true): Promise<GatewayEvent> {
    const deadline = Date.now() + WAIT_MS
    for (;;) {
      const found = this.events.find((event) => event.t === type && matches(event))
      if (found) return found
      const leftMs = deadline - Date.now()
      if (this.closeCode !== null) throw new Error(`the gateway closed with ${this.closeCode} before ${type}`)
      if (leftMs <= 0)
        throw new Error(`no ${type} came in ${WAIT_MS} ms; came: ${this.events.map((e) => e.t).join(', ')}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, leftMs)
        const waiters = this.#waiters
        function done() {
          clearTimeout(timer)
          waiters.delete(done)
          resolve()
        }
        waiters.add(done)
      })
    }
  }

  send(payload: object): void {
    this.#socket.send(JSON.stringify(payload))
  }

  /** Cuts the connection without a word, as a lost network does. */
  cut(): void {
    this.#socket.terminate()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat)
    this.#socket.close(1000)
  }

  #receive(
    payload: { op: number; t: string; s: number; d: never },
    token: string,
    options: ConnectOptions,
  ): void {
    if (payload.op === 10) {
      const { heartbeat_interval: interval } = payload.d as { heartbeat_interval: number }
      this.#heartbeat = setInterval(() => this.send({ op: 1, d: this.events.at(-1)?.s ?? null }), interval)
      const properties = { os: 'linux', browser: 'test', device: randomUUID() }
      const { intents, convive = true } = options
      this.send({ op: 2, d: { token, properties, convive, ...(intents !== undefined && { intents }) } })
    }
    if (payload.op === 9) this.invalidated = true
    if (payload.op === 0) {
      this.events.push({ t: payload.t, s: payload.s, d: payload.d })
      for (const wake of this.#waiters) wake()
    }
  }
}
