import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GatewayClient } from '../../../../test/client.ts'
import { createWorld, must, type Person, type World } from '../../../../test/world.ts'
import { apply } from '../../../web/src/store/apply.ts'
import { emptyState, type State } from '../../../web/src/store/state.ts'

// Standing invariants: READY and the events after it make what a new READY would, and no event reaches a session that
// may not see its channel, whatever the order of changes. Chance chooses the changes; a failure names its seed.

const VIEW = 1024
const STEPS = 40

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false' }, timing: { helloDelayMs: 1 } })
})
afterAll(() => world[Symbol.asyncDispose]())

/** Repeatable chance (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Scene {
  owner: Person
  people: Person[]
  guildId: string
  random: () => number
  pick<T>(from: readonly T[]): T
  channels: string[]
  roles: string[]
}

async function makeScene(seed: number): Promise<Scene> {
  const random = chance(seed)
  const owner = await world.person()
  const guild = must(await owner.api.post('/guilds', { name: `seed ${seed}` }), 201)
  const listed = must(await owner.api.get(`/guilds/${guild.id}/channels`), 200) as {
    id: string
    type: number
  }[]
  const channels = listed.filter((channel) => channel.type === 0).map((channel) => channel.id)
  const people = [await world.person(), await world.person(), await world.person()]
  const scene: Scene = {
    owner,
    people,
    guildId: guild.id,
    random,
    pick: (from) => from[Math.floor(random() * from.length)] as never,
    channels,
    roles: [],
  }
  for (const person of people) await join(scene, person)
  for (let n = 0; n < 2; n++) await makeRole(scene)
  for (let n = 0; n < 2; n++) await makeChannel(scene)
  return scene
}

async function join({ owner, channels }: Scene, person: Person): Promise<void> {
  const invite = await owner.api.post(`/channels/${channels[0]}/invites`, { unique: true })
  if (invite.status === 200) await person.api.post(`/invites/${invite.body.code}`)
}

async function makeRole(scene: Scene): Promise<void> {
  const permissions = scene.random() < 0.3 ? String(VIEW) : '0'
  const role = await scene.owner.api.post(`/guilds/${scene.guildId}/roles`, { name: 'role', permissions })
  if (role.status === 200) scene.roles.push(role.body.id)
}

function overwrite(scene: Scene) {
  const target = scene.pick([
    { id: scene.guildId, type: 0 },
    ...scene.roles.map((id) => ({ id, type: 0 })),
    ...scene.people.map(({ id }) => ({ id, type: 1 })),
  ])
  const mode = scene.random()
  return { ...target, allow: mode < 0.45 ? String(VIEW) : '0', deny: mode > 0.55 ? String(VIEW) : '0' }
}

async function makeChannel(scene: Scene): Promise<void> {
  const body = {
    name: 'room',
    type: 0,
    permission_overwrites: scene.random() < 0.5 ? [overwrite(scene)] : [],
  }
  const channel = await scene.owner.api.post(`/guilds/${scene.guildId}/channels`, body)
  if (channel.status === 201) scene.channels.push(channel.body.id)
}

type Change = (scene: Scene) => Promise<unknown>

const changes: Change[] = [
  makeRole,
  makeChannel,
  async (scene) => {
    const { id, ...body } = overwrite(scene)
    await scene.owner.api.put(`/channels/${scene.pick(scene.channels)}/permissions/${id}`, body)
  },
  async (scene) => {
    const { id, ...body } = overwrite(scene)
    await scene.owner.api.put(`/channels/${scene.pick(scene.channels)}/permissions/${id}`, body)
  },
  (scene) =>
    scene.owner.api.delete(`/channels/${scene.pick(scene.channels)}/permissions/${overwrite(scene).id}`),
  async (scene) => {
    const role = scene.pick([scene.guildId, ...scene.roles])
    const permissions = String(scene.random() < 0.5 ? VIEW | 2048 | 65536 : 2048)
    await scene.owner.api.patch(`/guilds/${scene.guildId}/roles/${role}`, { permissions })
  },
  async (scene) => {
    const role = scene.pick(scene.roles)
    if (role)
      await scene.owner.api.put(
        `/guilds/${scene.guildId}/members/${scene.pick(scene.people).id}/roles/${role}`,
      )
  },
  async (scene) => {
    const role = scene.pick(scene.roles)
    if (role)
      await scene.owner.api.delete(
        `/guilds/${scene.guildId}/members/${scene.pick(scene.people).id}/roles/${role}`,
      )
  },
  async (scene) => {
    if (scene.roles.length < 2) return
    const role = scene.pick(scene.roles)
    scene.roles = scene.roles.filter((id) => id !== role)
    await scene.owner.api.delete(`/guilds/${scene.guildId}/roles/${role}`)
  },
  async (scene) => {
    const channel = scene.pick(scene.channels.slice(1))
    if (!channel) return
    scene.channels = scene.channels.filter((id) => id !== channel)
    await scene.owner.api.delete(`/channels/${channel}`)
  },
  async (scene) => {
    const person = scene.pick(scene.people)
    await scene.owner.api.delete(`/guilds/${scene.guildId}/members/${person.id}`)
    await join(scene, person)
  },
  (scene) => scene.owner.api.patch(`/guilds/${scene.guildId}`, { name: `name ${scene.random()}` }),
  (scene) =>
    scene.owner.api.patch(`/channels/${scene.pick(scene.channels)}`, { topic: `topic ${scene.random()}` }),
]

const say = (scene: Scene, content: string) =>
  scene.owner.api.post(`/channels/${scene.pick(scene.channels)}/messages`, { content })

/** The page's own reducer over everything that came; throws where an event names a channel that was not shown. */
function fold(client: GatewayClient): State {
  let state = emptyState
  for (const { t, d } of client.events) {
    const channelId = t.startsWith('MESSAGE_') || t === 'CHANNEL_UPDATE' ? (d.channel_id ?? d.id) : null
    if (channelId && t !== 'MESSAGE_ACK' && !state.channels[channelId])
      throw new Error(`${t} in a channel that is hidden`)
    state = apply(state, t, d, 0)
  }
  return state
}

/** What READY tells of: not typing, histories, or how much is read. */
function told(state: State) {
  const { guilds, channels, members, presences, relationships } = state
  const named = Object.entries(channels).map(([id, channel]) => [
    id,
    { ...channel, last_message_id: channel.last_message_id ?? null },
  ])
  return { guilds: bySorted(guilds), channels: Object.fromEntries(named), members, presences, relationships }
}

function bySorted(guilds: State['guilds']) {
  return Object.values(guilds).map((guild) => ({
    ...guild,
    roles: guild.roles.toSorted((a, b) => a.id.localeCompare(b.id)),
  }))
}

async function expectSameAsFresh(
  clients: readonly GatewayClient[],
  people: readonly Person[],
): Promise<void> {
  for (const [n, client] of clients.entries()) {
    using fresh = await (people[n] as Person).connect()
    expect(told(fold(client))).toEqual(told(fold(fresh)))
  }
}

test.each([[1], [2], [3]])('changes one after the other, seed %i', async (seed) => {
  const scene = await makeScene(seed)
  const everybody = [scene.owner, ...scene.people]
  const clients = await Promise.all(everybody.map((person) => person.connect()))
  for (let step = 0; step < STEPS; step++) {
    await scene.pick(changes)(scene)
    const content = `seed ${seed} step ${step}`
    const sent = await say(scene, content)
    if (sent.status !== 200) continue
    await clients[0]?.waitFor('MESSAGE_CREATE', (event) => event.d.content === content)
    await world.settled()
    for (const [n, person] of everybody.entries()) {
      const seen = (await person.api.get(`/channels/${sent.body.channel_id}`)).status === 200
      const got = clients[n]?.received('MESSAGE_CREATE').some((message) => message.content === content)
      expect({ step, person: n, got }).toEqual({ step, person: n, got: seen })
    }
  }
  await expectSameAsFresh(clients, everybody)
  for (const client of clients) client[Symbol.dispose]()
})

test.each([[11], [12], [13], [14]])(
  'changes all at once, and people who come meanwhile, seed %i',
  async (seed) => {
    const scene = await makeScene(seed)
    const everybody = [scene.owner, ...scene.people]
    const clients = await Promise.all(everybody.map((person) => person.connect()))
    const later: Promise<GatewayClient>[] = []
    for (let step = 0; step < STEPS / 4; step++) {
      const work: Promise<unknown>[] = []
      for (let n = 0; n < 4; n++) work.push(scene.pick(changes)(scene), say(scene, `${step} ${n}`))
      if (step % 3 === 0) later.push(scene.pick(scene.people).connect())
      await Promise.all(work)
    }
    await world.settled()
    await expectSameAsFresh(clients, everybody)
    for (const client of [...clients, ...(await Promise.all(later))]) {
      fold(client)
      client[Symbol.dispose]()
    }
  },
)
