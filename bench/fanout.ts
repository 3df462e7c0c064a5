import { measure, percentile, rounded, type Side, startSide } from './gateway-pair.ts'
import type { BenchOptions, Measurement } from './run.ts'

const FLOOD_SOCKETS = 100
const PARTS = 4
const WARM_UP_ROUNDS = 5

/**
 * 100 sockets, as fast as it goes. Then one message to all sockets of a guild, from the moment it is published until
 * each socket has it, and what that costs the server's processor; beside a bare `ws` process that sends the same bytes.
 */
export async function run({ quick }: BenchOptions): Promise<Measurement[]> {
  await using ours = await startSide('ours')
  await using floor = await startSide('floor')
  const grow = async (sockets: number) => {
    await floor.open(sockets)
    await ours.open(sockets)
  }
  await grow(FLOOD_SOCKETS)
  const results = [await flood(ours, floor, quick ? 4_000 : 20_000)]
  let open = FLOOD_SOCKETS
  for (const sockets of [1_000, 5_000]) {
    await grow(sockets - open)
    open = sockets
    results.push(...(await fanout(ours, floor, sockets, quick ? 20 : 100)))
  }
  return results
}

interface Sample {
  /** Of each message: when half of the sockets had it, and when 99 of 100 had. */
  p50Ms: number[]
  p99Ms: number[]
  cpuMs: number
}

async function fanout(ours: Side, floor: Side, sockets: number, rounds: number): Promise<Measurement[]> {
  await sample(floor, WARM_UP_ROUNDS)
  await sample(ours, WARM_UP_ROUNDS)
  // In turns, so that whatever else the machine does hits both.
  const parts: { ours: Sample; floor: Sample }[] = []
  for (let part = 0; part < PARTS; part++) {
    parts.push({ floor: await sample(floor, rounds / PARTS), ours: await sample(ours, rounds / PARTS) })
  }
  const median = (side: 'ours' | 'floor', which: 'p50Ms' | 'p99Ms') =>
    percentile(
      parts.flatMap((part) => part[side][which]),
      0.5,
    )
  const cpu = (side: 'ours' | 'floor') => parts.reduce((sum, part) => sum + part[side].cpuMs, 0) / rounds
  const p99 = { ours: median('ours', 'p99Ms'), floor: median('floor', 'p99Ms') }
  return [
    {
      name: `fanout: p99 of one message to ${sockets} sockets, median of the messages`,
      unit: 'ms',
      ours: rounded(p99.ours),
      floor: rounded(p99.floor),
      ratio: rounded(p99.ours / p99.floor),
      p50: { ours: rounded(median('ours', 'p50Ms')), floor: rounded(median('floor', 'p50Ms')) },
      rounds,
    },
    {
      name: `fanout: processor time of one message to ${sockets} sockets`,
      unit: 'ms',
      ours: rounded(cpu('ours')),
      floor: rounded(cpu('floor')),
      ratio: rounded(cpu('ours') / cpu('floor')),
    },
  ]
}

async function sample(side: Side, rounds: number): Promise<Sample> {
  const result: Sample = { p50Ms: [], p99Ms: [], cpuMs: 0 }
  const before = await measure(side)
  for (let n = 0; n < rounds; n++) {
    const latenciesMs = await side.round()
    result.p50Ms.push(percentile(latenciesMs, 0.5))
    result.p99Ms.push(percentile(latenciesMs, 0.99))
  }
  result.cpuMs = (await measure(side)).cpuMs - before.cpuMs
  return result
}

async function flood(ours: Side, floor: Side, messages: number): Promise<Measurement> {
  await floor.flood(messages / 4)
  await ours.flood(messages / 4)
  const rate = (tookMs: number) => (messages * 1000) / tookMs
  const bare = rate(await floor.flood(messages))
  const best = rate(await ours.flood(messages))
  return {
    name: `fanout: messages to ${FLOOD_SOCKETS} sockets`,
    unit: 'messages/s',
    ours: rounded(best),
    floor: rounded(bare),
    ratio: rounded(best / bare),
  }
}
