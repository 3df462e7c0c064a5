import { GatewayClient } from '../test/client.ts'
import type { Measurement } from './run.ts'
import { makeRoom, startServer } from './server.ts'

const ROOMS = 8
const INTERVAL_MS = 50

/** p99 of a message's acknowledgement while the bundled model writes in eight rooms; the floor is the same server at rest. */
export async function acknowledgeWhileWriting(quick: boolean): Promise<Measurement> {
  const seconds = quick ? 6 : 20
  await using server = await startServer()
  const { guildId, channelId, accounts } = await makeRoom(server.url, 2)
  const [owner, talker] = accounts
  if (!owner || !talker) throw new Error('nobody came')
  const definition = {
    name: 'Mira',
    talkativeness: 0,
    description: 'Mira tells long stories.',
    max_output_tokens: 400,
  }
  const character = (await owner.api.post('/api/convive/v1/characters', { definition })).body
  await owner.api.put(`/api/convive/v1/guilds/${guildId}/characters/${character.id}`)
  const rooms: string[] = []
  for (let n = 0; n < ROOMS; n++) {
    rooms.push((await owner.api.post(`/guilds/${guildId}/channels`, { name: `room${n}`, type: 0 })).body.id)
  }
  using socket = await GatewayClient.connect(server.url, owner.token)
  const ask = (room: string) =>
    owner.api.post(`/channels/${room}/messages`, { content: 'Mira, tell me a very long story.' })
  await ask(channelId)
  await socket.waitFor('CONVIVE_DRAFT_END')
  const rest = await acknowledge(talker.api, channelId, seconds)
  let going = true
  const stories = rooms.map(async (room) => {
    while (going) {
      const from = socket.events.length
      await ask(room)
      await socket.waitFor(
        'CONVIVE_DRAFT_END',
        (event) => event.d.channel_id === room && socket.events.indexOf(event) >= from,
      )
    }
  })
  const busy = await acknowledge(talker.api, channelId, seconds)
  going = false
  await Promise.allSettled(stories)
  return {
    name: `local: p99 of an acknowledgement while ${ROOMS} rooms are written`,
    unit: 'ms',
    ours: at(busy, 0.99),
    floor: at(rest, 0.99),
    ratio: Math.round((at(busy, 0.99) / at(rest, 0.99)) * 100) / 100,
    p50: { ours: at(busy, 0.5), floor: at(rest, 0.5) },
    messages: busy.length,
  }
}

async function acknowledge(
  api: { post(path: string, body: unknown): Promise<{ status: number }> },
  channelId: string,
  seconds: number,
): Promise<number[]> {
  const times: number[] = []
  const endAt = performance.now() + seconds * 1000
  for (let n = 0; performance.now() < endAt; n++) {
    const startedAt = performance.now()
    const { status } = await api.post(`/channels/${channelId}/messages`, { content: `said ${n}` })
    if (status !== 200) throw new Error(`answered ${status}`)
    times.push(performance.now() - startedAt)
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
  }
  return times
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100
}
