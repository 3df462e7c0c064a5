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
  latenciesMs: number[]
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
  const latencies = (side: 'ours' | 'floor') => parts.flatMap((part) => part[side].latenciesMs)
  const cpu = (side: 'ours' | 'floor') => parts.reduce((sum, part) => sum + part[side].cpuMs, 0) / rounds
  const p99 = { ours: percentile(latencies('ours'), 0.99), floor: percentile(latencies('floor'), 0.99) }
  return [
    {
      name: `fanout: p99 of one message to ${sockets} sockets`,
      unit: 'ms',
      ours: rounded(p99.ours),
      floor: rounded(p99.floor),
      ratio: rounded(p99.ours / p99.floor),
      p50: {
        ours: rounded(percentile(latencies('ours'), 0.5)),
        floor: rounded(percentile(latencies('floor'), 0.5)),
      },
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
  const latenciesMs: number[] = []
  const before = await measure(side)
  for (let n = 0; n < rounds; n++) latenciesMs.push(...(await side.round()))
  const after = await measure(side)
  return { latenciesMs, cpuMs: after.cpuMs - before.cpuMs }
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
