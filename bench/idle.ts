import { setTimeout as sleep } from 'node:timers/promises'
import { measure, rounded, type Side, startSide } from './gateway-pair.ts'
import type { BenchOptions, Measurement } from './run.ts'

const WARM_UP = 300
const SETTLE_MS = 3_000

/** Memory that a signed-in socket takes while nothing happens, beside a bare `ws` socket. Resident size, after what is free was given back. */
export async function run({ quick }: BenchOptions): Promise<Measurement> {
  const sockets = quick ? 1_500 : 5_000
  const floor = await bytesPerSocket('floor', sockets)
  const ours = await bytesPerSocket('ours', sockets)
  return {
    name: 'idle: memory of a socket',
    unit: 'KB',
    ours: rounded(ours / 1024),
    floor: rounded(floor / 1024),
    ratio: rounded(ours / floor),
    sockets,
  }
}

async function bytesPerSocket(kind: 'ours' | 'floor', sockets: number): Promise<number> {
  await using side = await startSide(kind)
  // The first ones pay for code, caches and pools.
  await side.open(WARM_UP)
  const before = await settledBytes(side)
  await side.open(sockets)
  return ((await settledBytes(side)) - before) / sockets
}

async function settledBytes(side: Side): Promise<number> {
  await sleep(SETTLE_MS)
  await side.acknowledge()
  for (let n = 0; n < 3; n++) {
    await side.command({ do: 'collect' })
    await sleep(200)
  }
  return (await measure(side)).rssBytes
}
