import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test as plainTest, vi } from 'vitest'
import { Load } from '../chaos/load.ts'
import { ServerProcess } from '../chaos/server-process.ts'
import { ApiClient, type GatewayClient } from '../client.ts'
import { onServer } from '../databases.ts'
import { scriptedModel } from '../models.ts'
import { bootNode, createWorld, must, type Person } from '../world.ts'
import { Nats, whyNoNats } from './nats.ts'
import { asOn, createPair } from './pair.ts'

// Two servers start for each.
vi.setConfig({ testTimeout: 90_000 })

const unable = whyNoNats()
if (unable) console.warn(`\n${unable}\n`)
const test = plainTest.skipIf(unable !== null)

let nats: Nats
beforeAll(async () => {
  if (!unable) nats = await Nats.start()
})
afterAll(() => nats?.[Symbol.asyncDispose]())

const contents = (socket: GatewayClient, authorId?: string): string[] =>
  socket
    .received('MESSAGE_CREATE')
    .filter((message) => authorId === undefined || message.author.id === authorId)
    .map((message) => message.content)

/** Asks until it is so; throws if it does not become so soon. */
async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs = 10_000,
): Promise<void> {
  for (let waitedMs = 0; !(await holds()); waitedMs += 20) {
    if (waitedMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(20)
  }
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index]
  if (found === undefined) throw new Error(`there is no ${index}`)
  return found
}

test('messages of both nodes reach sockets of both, exactly once, each author’s in order', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const people = await world.members(6)
  const { channelId } = await world.guild()
  const [ada, bob] = [pick(people, 0), pick(people, 1)]
  using onNodeA = await ada.connect()
  using onNodeB = await onB(bob).connect()
  const rounds = 25
  const write = async (person: Person) => {
    for (let n = 0; n < rounds; n++) await person.say(channelId, `${person.name} ${n}`)
  }
  await Promise.all(people.map((person, index) => write(index % 2 === 0 ? person : onB(person))))
  await pair.settled()
  for (const socket of [onNodeA, onNodeB]) {
    await until('all have come', () => contents(socket).length >= people.length * rounds)
    for (const person of people)
      expect(contents(socket, person.id)).toEqual(
        Array.from({ length: rounds }, (_, n) => `${person.name} ${n}`),
      )
  }
  const history = must(await onB(bob).api.get(`/channels/${channelId}/messages?limit=100`), 200)
  expect(new Set(history.map((message: { id: string }) => message.id)).size).toBe(100)
})

test('a direct message, a friend request and a new name reach the other node', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  using socket = await onB(bob).connect()
  const dm = must(await ada.api.post('/users/@me/channels', { recipient_id: bob.id }), 200)
  await ada.say(dm.id, 'between us')
  await socket.waitFor('MESSAGE_CREATE', (event) => event.d.content === 'between us')
  must(await ada.api.post('/users/@me/relationships', { username: bob.name }), 204)
  await socket.waitFor('RELATIONSHIP_ADD')
  must(await ada.api.patch('/users/@me', { global_name: 'Ada L.' }), 200)
  await pair.settled()
  expect(must(await onB(bob).api.get(`/users/${ada.id}`), 200).global_name).toBe('Ada L.')
})

test('who joins on one node hears the guild on the other', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const { channelId, owner, id } = await world.guild()
  const bob = await world.person('bob')
  using socket = await onB(bob).connect()
  await world.join(bob)
  await socket.waitFor('GUILD_CREATE', (event) => event.d.id === id)
  await owner.say(channelId, 'welcome')
  await socket.waitFor('MESSAGE_CREATE', (event) => event.d.content === 'welcome')
})

test('a channel hidden on one node is silent on the other from the acknowledgement on', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const room = await world.channel()
  using socket = await onB(bob).connect()
  const rule = `/channels/${room}/permissions/${bob.id}`
  for (let round = 0; round < 10; round++) {
    must(await ada.api.put(rule, { type: 1, allow: '0', deny: '1024' }), 204)
    await Promise.all([
      ada.say(room, `secret ${round} by A`),
      onB(ada).say(room, `secret ${round} by B`),
      ada.api.post(`/channels/${room}/typing`),
    ])
    must(await (round % 2 ? ada : onB(ada)).api.delete(rule), 204)
    await Promise.all([ada.say(room, `open ${round} by A`), onB(ada).say(room, `open ${round} by B`)])
  }
  await until('the open ones have come', () => contents(socket).length >= 20)
  await pair.settled()
  expect(contents(socket).filter((text) => text.startsWith('secret'))).toEqual([])
  expect(new Set(contents(socket)).size).toBe(20)
  expect(socket.received('TYPING_START')).toEqual([])
  must(await ada.api.put(rule, { type: 1, allow: '0', deny: '1024' }), 204)
  const reads = async () => (await onB(bob).api.get(`/channels/${room}/messages`)).status
  await until('reading is refused', async () => (await reads()) === 403, 2_000)
})

test('who is removed on one node neither reads nor hears on the other', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const { id, channelId } = await world.guild()
  using socket = await onB(bob).connect()
  const path = `/channels/${channelId}/messages`
  must(await onB(bob).api.get(path), 200)
  must(await ada.api.delete(`/guilds/${id}/members/${bob.id}`), 204)
  await Promise.all([ada.say(channelId, 'gone?'), onB(ada).say(channelId, 'gone!')])
  await until('reading is refused', async () => (await onB(bob).api.get(path)).status === 403, 2_000)
  expect((await onB(bob).api.post(path, { content: 'still here' })).status).toBe(403)
  await socket.waitFor('GUILD_DELETE', (event) => event.d.id === id)
  await pair.settled()
  expect(contents(socket)).toEqual([])
})

test('signing out on one node closes sockets on the other, and the token is refused there', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const [, bob] = await world.members(2)
  if (!bob) throw new Error('nobody came')
  const socket = await onB(bob).connect()
  must(await onB(bob).api.get('/users/@me'), 200)
  must(await bob.api.post('/api/convive/v1/accounts/sign-out'), 204)
  await until('the socket is closed', () => socket.closeCode !== null)
  expect(socket.closeCode).toBe(4004)
  expect((await onB(bob).api.get('/users/@me')).status).toBe(401)
})

test('presence and typing cross the nodes', async () => {
  await using pair = await createPair(nats.url)
  const { world, onB } = pair
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const { channelId } = await world.guild()
  using socket = await ada.connect()
  const onNodeB = await onB(bob).connect()
  const shown = (status: string) => (event: { d: { user: { id: string }; status: string } }) =>
    event.d.user.id === bob.id && event.d.status === status
  await socket.waitFor('PRESENCE_UPDATE', shown('online'))
  onNodeB.send({ op: 3, d: { since: null, activities: [], status: 'dnd', afk: false } })
  await socket.waitFor('PRESENCE_UPDATE', shown('dnd'))
  must(await onB(bob).api.post(`/channels/${channelId}/typing`), 204)
  await socket.waitFor('TYPING_START', (event) => event.d.user_id === bob.id)
  onNodeB[Symbol.dispose]()
  await socket.waitFor('PRESENCE_UPDATE', shown('offline'))
})

test('a character answers each message once, though both nodes could', async () => {
  const model = scriptedModel((_, n) => `answer ${n}`)
  await using pair = await createPair(nats.url, { models: model.models })
  const { world, onB } = pair
  const { channelId, owner } = await world.guild()
  const mira = await world.character({ name: 'Mira' })
  using socket = await onB(owner).connect()
  for (let n = 0; n < 6; n++) {
    await (n % 2 ? owner : onB(owner)).say(channelId, `Mira, question ${n}?`)
    await pair.settled()
  }
  await until('all are answered', () => contents(socket, mira.id).length >= 6)
  expect(new Set(contents(socket, mira.id)).size).toBe(6)
  expect(model.prompts).toHaveLength(6)
})

test('an answer is stopped from whichever node', async () => {
  const model = scriptedModel(() => 'one two three four five six seven eight nine ten', { pauseMs: 150 })
  await using pair = await createPair(nats.url, { models: model.models })
  const { world, onB } = pair
  const { channelId, owner } = await world.guild()
  await world.character({ name: 'Mira' })
  for (const stopper of [owner, onB(owner)]) {
    using socket = await onB(owner).connect()
    await owner.say(channelId, 'Mira, count')
    const draft = await socket.waitFor('CONVIVE_DRAFT', (event) => event.d.text !== '')
    must(await stopper.api.post(`/api/convive/v1/channels/${channelId}/drafts/${draft.d.draft_id}/stop`), 204)
    const end = await socket.waitFor('CONVIVE_DRAFT_END', (event) => event.d.draft_id === draft.d.draft_id)
    expect(end.d.outcome).toBe('stopped')
    await pair.settled()
  }
})

test('what a node committed and could not publish is published by the other, once', async () => {
  await using pair = await createPair(nats.url, { timing: { outboxSweepMs: 300 } })
  const { a, b, world, onB } = pair
  const { channelId, owner } = await world.guild()
  using socket = await onB(owner).connect()
  const { publish, flush } = a.bus
  // What is left of a process that dies right after the commit: the row in the outbox, and nothing else.
  a.bus.publish = () => {}
  a.bus.flush = () => Promise.reject(new Error('this node is dead'))
  for (let n = 0; n < 5; n++) await owner.say(channelId, `unheard ${n}`)
  const room = await world.channel({ name: 'unheard-of' })
  expect(contents(socket)).toEqual([])
  Object.assign(a.bus, { publish, flush })
  await onB(owner).say(channelId, 'heard')
  await socket.waitFor('CHANNEL_CREATE', (event) => event.d.id === room)
  await until('all have come', () => contents(socket).length >= 6)
  const kept = () => b.db.pool.query('SELECT count(*)::int AS n FROM outbox')
  await until('the outbox is empty', async () => (await kept()).rows[0].n === 0)
  await sleep(1_000)
  await pair.settled()
  expect(contents(socket).sort()).toEqual(['heard', ...Array.from({ length: 5 }, (_, n) => `unheard ${n}`)])
})

test('kill -9 of a node under load: the other tells its people all that was acknowledged, once', async () => {
  const env = {
    NATS_URL: nats.url,
    CONVIVE_SECRET: randomBytes(32).toString('base64'),
    CONVIVE_BUNDLED_MODEL: 'false',
    CONVIVE_RATE_LIMITS: 'false',
  }
  await using world = await createWorld({ env, timing: { outboxSweepMs: 500 } })
  const people = await world.members(6)
  const { channelId, owner } = await world.guild()
  const channels = [channelId, await world.channel()]
  using socket = await owner.connect()
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-node-'))
  const url = world.app.config.database.url ?? ''
  await using doomed = await ServerProcess.start({
    ...env,
    CONVIVE_DATA: dataDir,
    CONVIVE_PORT: '0',
    DATABASE_URL: url,
  })
  const load = new Load(
    people.map((person) => asOn(person, doomed.origin)),
    channels,
  )
  load.start()
  await until('there is load', () => load.said.length > 60, 30_000)
  await doomed.kill()
  await load.stop()
  const heard = () => socket.received('MESSAGE_CREATE').map((message) => message.id)
  const kept = () => world.app.db.pool.query('SELECT 1 FROM outbox')
  await until('the outbox is empty', async () => (await kept()).rowCount === 0, 20_000)
  await until('all is told', () => load.said.every(({ id }) => heard().includes(id)))
  expect(new Set(heard()).size).toBe(heard().length)
  expect(await load.broken(people)).toEqual([])
  await rm(dataDir, { recursive: true, force: true })
}, 120_000)

test('after NATS was down, events flow again, what was cached is read anew, and nothing that was said is lost', async () => {
  await using own = await Nats.start()
  await using pair = await createPair(own.url, { timing: { outboxSweepMs: 300 } })
  const { world, onB } = pair
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const { id, channelId } = await world.guild()
  const room = await world.channel()
  const before = await onB(bob).connect()
  await ada.say(channelId, 'before')
  await before.waitFor('MESSAGE_CREATE')
  await own.kill()
  await ada.say(channelId, 'meanwhile on A')
  await onB(bob).say(channelId, 'meanwhile on B')
  must(
    await ada.api.put(`/channels/${room}/permissions/${bob.id}`, { type: 1, allow: '0', deny: '1024' }),
    204,
  )
  must(await ada.api.patch(`/guilds/${id}`, { name: 'The other table' }), 200)
  await own.start()
  await until(
    'sessions that missed events are told so',
    () => before.invalidated || before.closeCode !== null,
  )
  using after = await onB(bob).connect()
  const known = after.ready.guilds.find((guild: { id: string }) => guild.id === id)
  expect(known.name).toBe('The other table')
  expect(known.channels.map((channel: { id: string }) => channel.id)).not.toContain(room)
  expect((await onB(bob).api.get(`/channels/${room}/messages`)).status).toBe(403)
  await ada.say(channelId, 'after')
  await after.waitFor('MESSAGE_CREATE', (event) => event.d.content === 'after')
  const history = must(await onB(bob).api.get(`/channels/${channelId}/messages`), 200)
  expect(history.map((message: { content: string }) => message.content)).toEqual([
    'after',
    'meanwhile on B',
    'meanwhile on A',
    'before',
  ])
  const { rows } = await pair.a.db.pool.query('SELECT count(*)::int AS n FROM outbox')
  await until(
    'the outbox is empty',
    async () => rows[0].n === 0 || (await pair.a.db.pool.query('SELECT 1 FROM outbox')).rowCount === 0,
  )
  before.cut()
})

test('two nodes that start at once on an empty database make it once', async () => {
  const server = inject('postgresUrl')
  const name = `first_${randomBytes(6).toString('hex')}`
  await onServer(server, `CREATE DATABASE ${name}`)
  const databaseUrl = Object.assign(new URL(server), { pathname: `/${name}` }).toString()
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-first-'))
  const env = {
    NATS_URL: nats.url,
    CONVIVE_SECRET: randomBytes(32).toString('base64'),
    CONVIVE_BUNDLED_MODEL: 'false',
  }
  const nodes = await Promise.all([1, 2, 3].map(() => bootNode({ databaseUrl, dataDir, env })))
  try {
    const signUp = { username: 'ada', email: 'ada@example.org', password: 'a good password' }
    const made = must(
      await new ApiClient(nodes[0]?.origin ?? '', null).post('/api/convive/v1/accounts/sign-up', signUp),
      200,
    )
    for (const node of nodes) must(await new ApiClient(node.origin, made.token).get('/users/@me'), 200)
  } finally {
    for (const node of nodes) await node.close()
    await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`)
    await rm(dataDir, { recursive: true, force: true })
  }
})

test('a node ends in order though NATS is gone', async () => {
  await using own = await Nats.start()
  await using pair = await createPair(own.url)
  await pair.world.guild()
  await own.kill()
  await sleep(100)
})
