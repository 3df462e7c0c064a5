import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { BenchOptions, Measurement } from './run.ts'
import type { SendersJob, SendersResult } from './senders.ts'
import { makeRoom, startServer } from './server.ts'

const SOCKETS = 100
const SENDERS = 20
const STEADY_RATE = 500

/**
 * Messages per second that are acknowledged, on disk and delivered to 100 sockets, from 20 senders; beside a bare `ws`
 * process that does the same in memory. And the acknowledgement's time at 500 messages a second.
 */
export async function run({ quick }: BenchOptions): Promise<Measurement[]> {
  const seconds = quick ? 5 : 15
  const rounds = quick ? 1 : 3
  await using server = await startServer({ CONVIVE_BUNDLED_MODEL: 'false' })
  const room = await makeRoom(server.url, SENDERS)
  const tokens = room.accounts.map((account) => account.token)
  const [owner] = room.accounts
  const template =
    (await owner?.api.post(`/channels/${room.channelId}/messages`, { content: 'x' }))?.body ?? {}
  const floorProcess = fork(fileURLToPath(new URL('./broadcast.ts', import.meta.url)))
  floorProcess.send({
    template: { ...template, guild_id: room.guildId, member: { roles: [], joined_at: template.timestamp } },
  })
  const [{ port }] = (await once(floorProcess, 'message')) as [{ port: number }]
  const base = { channelId: room.channelId, tokens, sockets: SOCKETS, senders: SENDERS, seconds }
  const ours: SendersJob = { ...base, kind: 'convive', url: server.url }
  const floor: SendersJob = { ...base, kind: 'floor', url: `ws://127.0.0.1:${port}` }
  await senders({ ...ours, seconds: 2 })
  const results: { ours: SendersResult; floor: SendersResult }[] = []
  for (let round = 0; round < rounds; round++)
    results.push({ floor: await senders(floor), ours: await senders(ours) })
  const steady = await senders({ ...ours, rate: STEADY_RATE })
  const steadyFloor = await senders({ ...floor, rate: STEADY_RATE })
  floorProcess.kill()
  const rate = (result: SendersResult) => result.sent / result.seconds
  const best = median(results.map((one) => rate(one.ours)))
  const bare = median(results.map((one) => rate(one.floor)))
  return [
    {
      name: 'send: acknowledged, persisted and delivered, 100 sockets, 20 senders',
      unit: 'messages/s',
      ours: round(best),
      floor: round(bare),
      ratio: round(best / bare),
      missing: results.reduce((sum, { ours: one }) => sum + one.sent * SOCKETS - one.delivered, 0),
    },
    {
      name: `send: p99 of the acknowledgement at ${STEADY_RATE} messages/s`,
      unit: 'ms',
      ours: round(steady.ackMs.p99),
      floor: round(steadyFloor.ackMs.p99),
      ratio: round(steady.ackMs.p99 / steadyFloor.ackMs.p99),
      p50: round(steady.ackMs.p50),
      reached: round(rate(steady)),
      missing: steady.sent * SOCKETS - steady.delivered,
    },
  ]
}

async function senders(job: SendersJob): Promise<SendersResult> {
  const child = fork(fileURLToPath(new URL('./senders.ts', import.meta.url)))
  child.send(job)
  const [result] = (await once(child, 'message')) as [SendersResult]
  return result
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

const round = (value: number) => Math.round(value * 100) / 100
