import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import { GatewayClient } from '../test/client.ts'
import type { BenchOptions, Measurement } from './run.ts'
import { makeRoom, startServer } from './server.ts'

/**
 * What we add to the time to a character's first visible word: from the person's request to the first words on another
 * socket, less what calling the same stub model directly takes in the same run.
 */
export async function run({ quick }: BenchOptions): Promise<Measurement> {
  const turns = quick ? 60 : 300
  const stub = fork(fileURLToPath(new URL('./stub-model.ts', import.meta.url)))
  const [{ port }] = (await once(stub, 'message')) as [{ port: number }]
  const baseUrl = `http://127.0.0.1:${port}/v1`
  await using server = await startServer({
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEY: 'stub',
    OPENAI_MODEL: 'stub',
    CONVIVE_BUNDLED_MODEL: 'false',
  })
  const room = await makeRoom(server.url, 2)
  const [owner, reader] = room.accounts
  if (!owner || !reader) throw new Error('nobody came')
  const definition = { name: 'Mira', description: 'A calm gardener who likes short answers.' }
  const character = (await owner.api.post('/api/convive/v1/characters', { definition })).body
  await owner.api.put(`/api/convive/v1/guilds/${room.guildId}/characters/${character.id}`)
  using socket = await GatewayClient.connect(server.url, reader.token)
  const direct = createOpenAICompatible({ name: 'stub', baseURL: baseUrl, apiKey: 'stub' })('stub')
  const ours: number[] = []
  const floor: number[] = []
  for (let turn = 0; turn < turns + 5; turn++) {
    const bare = await firstWordDirect(direct)
    const through = await firstWordThrough(socket, () =>
      owner.api.post(`/channels/${room.channelId}/messages`, { content: `Mira, turn ${turn}?` }),
    )
    // The first few warm up what is compiled and cached.
    if (turn < 5) continue
    floor.push(bare)
    ours.push(through)
  }
  stub.kill()
  const added = ours.map((value, index) => value - (floor[index] ?? 0))
  return {
    name: 'reply: time to the first visible word (p50)',
    unit: 'ms',
    ours: at(ours, 0.5),
    floor: at(floor, 0.5),
    ratio: round(at(ours, 0.5) / at(floor, 0.5)),
    added_p50: at(added, 0.5),
    added_p99: at(added, 0.99),
    turns,
  }
}

async function firstWordDirect(model: Parameters<typeof streamText>[0]['model']): Promise<number> {
  const startedAt = performance.now()
  const { textStream } = streamText({ model, prompt: 'Mira?' })
  let firstMs = 0
  for await (const _ of textStream) firstMs ||= performance.now() - startedAt
  return firstMs
}

async function firstWordThrough(socket: GatewayClient, say: () => Promise<unknown>): Promise<number> {
  const from = socket.events.length
  const startedAt = performance.now()
  const said = say()
  await socket.waitFor(
    'CONVIVE_DRAFT',
    (event) => event.d.text !== '' && socket.events.indexOf(event, from) >= 0,
  )
  const firstMs = performance.now() - startedAt
  await said
  await socket.waitFor('CONVIVE_DRAFT_END', (event) => socket.events.indexOf(event, from) >= 0)
  return firstMs
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

const round = (value: number) => Math.round(value * 100) / 100
