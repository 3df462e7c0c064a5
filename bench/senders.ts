/** Child process of bench/send.ts: sockets that receive and senders that send, the same against the server and its floor. */
import { Agent, request } from 'node:http'
import { WebSocket } from 'ws'

export interface SendersJob {
  kind: 'convive' | 'floor'
  url: string
  channelId: string
  tokens: string[]
  sockets: number
  senders: number
  seconds: number
  /** Messages a second in all; absent: as many as are acknowledged. */
  rate?: number
}

export interface SendersResult {
  sent: number
  /** Messages times sockets. */
  delivered: number
  seconds: number
  ackMs: { p50: number; p99: number }
}

const CONTENT = 'Everybody at this table has heard this one before, but it is told again and again.'
const DRAIN_MS = 5_000

process.once('message', async (job: SendersJob) => {
  const result = await runSenders(job)
  process.send?.(result, () => process.exit(0))
})

async function runSenders(job: SendersJob): Promise<SendersResult> {
  let delivered = 0
  const echoes = new Map<string, () => void>()
  const onMessage = (data: Buffer) => {
    if (!data.includes('MESSAGE_CREATE')) return
    delivered++
  }
  const sockets: WebSocket[] = []
  for (let n = 0; n < job.sockets; n++) {
    sockets.push(
      await (job.kind === 'floor'
        ? openFloor(job.url, onMessage)
        : openConvive(job.url, job.tokens[n % job.tokens.length] ?? '', onMessage)),
    )
  }
  const send =
    job.kind === 'floor'
      ? floorSender(sockets, echoes, job.senders)
      : conviveSender(job.url, job.channelId, job.tokens)
  const acks: number[] = []
  let sent = 0
  const startedAt = performance.now()
  const endAt = startedAt + job.seconds * 1000
  const one = async (sender: number) => {
    const at = performance.now()
    await send(sender, `${CONTENT} ${++sent}`)
    acks.push(performance.now() - at)
  }
  await Promise.all(
    Array.from({ length: job.senders }, async (_, sender) => {
      const intervalMs = job.rate ? (1000 * job.senders) / job.rate : 0
      for (let n = 0; performance.now() < endAt; n++) {
        const dueMs = startedAt + n * intervalMs - performance.now()
        if (intervalMs > 0 && dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs))
        await one(sender)
      }
    }),
  )
  const drainUntil = performance.now() + DRAIN_MS
  while (delivered < sent * job.sockets && performance.now() < drainUntil)
    await new Promise((resolve) => setTimeout(resolve, 5))
  const seconds = (performance.now() - startedAt) / 1000
  acks.sort((a, b) => a - b)
  const at = (share: number) => acks[Math.min(acks.length - 1, Math.floor(acks.length * share))] ?? 0
  return { sent, delivered, seconds, ackMs: { p50: at(0.5), p99: at(0.99) } }
}

function openFloor(url: string, onMessage: (data: Buffer) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  socket.on('message', onMessage)
  return new Promise((resolve) => socket.once('open', () => resolve(socket)))
}

/** The sender's own copy that comes back is its acknowledgement. */
function floorSender(sockets: WebSocket[], waiting: Map<string, () => void>, senders: number) {
  for (const socket of sockets.slice(0, senders)) {
    socket.on('message', (data: Buffer) => {
      const key = /"nonce":"([^"]+)"/.exec(data.subarray(0, 200).toString('latin1'))?.[1] ?? ''
      const resolve = waiting.get(key)
      if (resolve && sockets[Number(key.split('-')[0])] === socket) {
        waiting.delete(key)
        resolve()
      }
    })
  }
  let count = 0
  return (sender: number, content: string) =>
    new Promise<void>((resolve) => {
      const nonce = `${sender}-${++count}`
      waiting.set(nonce, resolve)
      sockets[sender]?.send(JSON.stringify({ nonce, content }))
    })
}

async function openConvive(
  url: string,
  token: string,
  onMessage: (data: Buffer) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/gateway/?v=10&encoding=json`, {
    perMessageDeflate: false,
  })
  await new Promise<void>((resolve, reject) => {
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
    socket.on('message', (data: Buffer) => {
      const text = data.subarray(0, 40).toString('latin1')
      if (text.includes('"op":10')) {
        socket.send(JSON.stringify({ op: 2, d: { token, properties: {}, intents: 1 | 512 | 32768 } }))
        setInterval(() => socket.send(JSON.stringify({ op: 1, d: 0 })), 20_000).unref()
      }
      if (text.includes('READY')) resolve()
    })
  })
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.removeAllListeners('message')
  socket.on('message', onMessage)
  return socket
}

function conviveSender(url: string, channelId: string, tokens: string[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: tokens.length })
  const { hostname, port } = new URL(url)
  return (sender: number, content: string) =>
    new Promise<void>((resolve, reject) => {
      const body = JSON.stringify({ content })
      const headers = {
        authorization: tokens[sender % tokens.length] ?? '',
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }
      const path = `/api/v10/channels/${channelId}/messages`
      const call = request({ agent, hostname, port, path, method: 'POST', headers }, (response) => {
        response.resume()
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
        )
      })
      call.on('error', reject)
      call.end(body)
    })
}
