import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface RawRequest {
  method: string
  /** As it goes over the wire: nothing is escaped or made shorter. */
  path: string
  headers?: Record<string, string>
  body?: string | Buffer
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

const TIMEOUT_MS = 20_000
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Sends what no well-behaved client would: `fetch` mends paths and headers before it sends them. */
export function sendRaw(origin: string, raw: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin)
  const body = raw.body === undefined ? undefined : Buffer.from(raw.body)
  const chunked = raw.headers?.['transfer-encoding'] !== undefined
  const headers = { ...(body && !chunked && { 'content-length': String(body.length) }), ...raw.headers }
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname,
      port,
      agent,
      method: raw.method,
      path: raw.path,
      headers,
      timeout: TIMEOUT_MS,
    })
    let answered = false
    sent.on('response', (response) => {
      answered = true
      const chunks: Buffer[] = []
      const done = () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        })
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', done)
      response.on('error', done)
    })
    // A body that is refused unread is cut off: what counts is the answer that came before.
    sent.on('error', (error) => answered || reject(error))
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)))
    sent.end(body)
  })
}
