import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An endpoint of OpenAI's protocol on the loopback, that says its words when the test lets it. */
export class SlowModel implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    request.resume()
    request.on('end', () => this.#answer(request.method ?? '', response))
  })
  readonly #held = new Set<ServerResponse>()
  #holding = false
  /** Calls so far. */
  calls = 0

  static async start(): Promise<SlowModel> {
    const model = new SlowModel()
    await new Promise<void>((resolve) => model.#server.listen(0, '127.0.0.1', resolve))
    return model
  }

  /** Settings that make a server use it. */
  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: 'none', OPENAI_MODEL: 'slow' }
  }

  /** Calls from now on get their first word, and no more. */
  hold(): void {
    this.#holding = true
  }

  /** Finishes what was held, and holds no more. */
  release(): void {
    this.#holding = false
    for (const response of this.#held) finish(response)
    this.#held.clear()
  }

  #answer(method: string, response: ServerResponse): void {
    if (method === 'GET') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ object: 'list', data: [{ id: 'slow', object: 'model' }] }))
      return
    }
    this.calls++
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(chunk({ role: 'assistant', content: 'I ' }, null))
    if (this.#holding) this.#held.add(response)
    else finish(response)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function finish(response: ServerResponse): void {
  response.write(chunk({ content: 'am here.' }, null))
  response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`)
}

function chunk(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'slow', choices })}\n\n`
}
