import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunningApp } from '../../packages/server/src/app.ts'
import { ApiClient, GatewayClient } from '../client.ts'
import { bootNode, createWorld, must, type Person, type World, type WorldOptions } from '../world.ts'

/** Two servers of one instance: the world's own (A), and a second (B). */
export interface Pair extends AsyncDisposable {
  world: World
  a: RunningApp
  b: RunningApp
  /** The same person, whose requests and sockets go to B. */
  onB(person: Person): Person
  /** Resolves once nothing is under way on either, and what was published has reached both. */
  settled(): Promise<void>
}

export async function createPair(natsUrl: string, options: WorldOptions = {}): Promise<Pair> {
  const env = {
    NATS_URL: natsUrl,
    CONVIVE_SECRET: randomBytes(32).toString('base64'),
    CONVIVE_BUNDLED_MODEL: 'false',
    CONVIVE_RATE_LIMITS: 'false',
    ...options.env,
  }
  const world = await createWorld({ ...options, env })
  const a = world.app
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-node-'))
  const b = await bootNode({ ...options, env, dataDir, databaseUrl: a.config.database.url ?? '' })
  return {
    world,
    a,
    b,
    onB: (person) => asOn(person, b.origin),
    async settled() {
      await b.sends.idle()
      await world.settled()
      for (const node of [a, b, a, b]) await node.bus.flush()
    },
    async [Symbol.asyncDispose]() {
      await b.close()
      await world[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A person of one server, as a client of another. */
export function asOn(person: Person, origin: string): Person {
  const api = new ApiClient(origin, person.token)
  return {
    ...person,
    api,
    connect: (options = {}) => GatewayClient.connect(origin, person.token, options),
    say: async (channelId, content, extra = {}) =>
      must(await api.post(`/channels/${channelId}/messages`, { content, ...extra }), 200),
  }
}
