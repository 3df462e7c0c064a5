import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawGateway } from '../../../../test/raw-gateway.ts'
import { createWorld, type World } from '../../../../test/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ timing: { helloDelayMs: 5 } })
})
afterAll(() => world[Symbol.asyncDispose]())

test('READY tells a person of everything that a page draws', async () => {
  const [ada] = await world.members(1)
  if (!ada) throw new Error('nobody')
  const guild = await world.guild()
  using socket = new RawGateway(world.url)
  const hello = await socket.op(10)
  expect(hello).toMatchObject({ s: null, t: null, d: { heartbeat_interval: 41_250 } })
  const ready = await socket.identify(ada.token)
  expect(ready.s).toBe(1)
  expect(ready.d).toMatchObject({
    v: 10,
    user: { id: ada.id, email: expect.stringContaining('@') },
    resume_gateway_url: `${world.url.replace('http', 'ws')}/gateway`,
    private_channels: [],
    relationships: [],
    read_state: { entries: expect.any(Array) },
    convive: { instance: { is_owner: true } },
  })
  expect(ready.d.guilds).toHaveLength(1)
  expect(ready.d.guilds[0]).toMatchObject({ id: guild.id, unavailable: false, member_count: 1 })
  expect(ready.d.guilds[0].channels.map((channel: { id: string }) => channel.id)).toContain(guild.channelId)
  expect(ready.d.guilds[0].members[0].user.id).toBe(ada.id)
})

test('a bot gets stubs in READY, then each guild', async () => {
  const bot = await world.bot('stubbed')
  const guild = await world.guild()
  using socket = new RawGateway(world.url)
  const ready = await socket.identify(`Bot ${bot.token}`, { intents: 1 })
  expect(ready.d.guilds).toEqual([{ id: guild.id, unavailable: true }])
  expect(ready.d.application).toMatchObject({ id: bot.id, flags: expect.any(Number) })
  const created = await socket.event('GUILD_CREATE')
  expect(created).toMatchObject({ s: 2, d: { id: guild.id, unavailable: false } })
  expect(created.d.members.map((member: { user: { id: string } }) => member.user.id)).toContain(bot.id)
})

test('a message goes to everybody in the channel once, in order', async () => {
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody')
  const { channelId } = await world.guild()
  using first = await bob.connect()
  using second = await bob.connect()
  for (let n = 0; n < 5; n++) await ada.say(channelId, `message ${n}`)
  for (const client of [first, second]) {
    await client.waitFor('MESSAGE_CREATE', (event) => event.d.content === 'message 4')
    const said = client.received('MESSAGE_CREATE').map((message) => message.content)
    expect(said).toEqual([0, 1, 2, 3, 4].map((n) => `message ${n}`))
    expect(client.events.map((event) => event.s)).toEqual(client.events.map((_, n) => n + 1))
  }
})

const wrong: [string, unknown, number][] = [
  ['no JSON', 'not json', 4002],
  ['no object', '[]', 4002],
  ['an unknown op', { op: 99, d: null }, 4001],
  ['too large a frame', JSON.stringify({ op: 1, d: null, x: 'x'.repeat(5_000) }), 4002],
  ['a heartbeat of words', { op: 1, d: 'soon' }, 4002],
  ['an identify without token', { op: 2, d: {} }, 4002],
  ['a wrong token', { op: 2, d: { token: 'x'.repeat(32), properties: {} } }, 4004],
  [
    'presence before identify',
    { op: 3, d: { status: 'online', activities: [], since: null, afk: false } },
    4003,
  ],
  ['members before identify', { op: 8, d: { guild_id: '1', query: '', limit: 0 } }, 4003],
  ['an impossible shard', { op: 2, d: { token: 'x', properties: {}, shard: [2, 2] } }, 4010],
]
test.each(wrong)('%s closes the socket with its code', async (_, frame, code) => {
  using socket = new RawGateway(world.url)
  await socket.op(10)
  socket.send(frame)
  expect(await socket.closed()).toBe(code)
})

test('what is wrong with an identified socket closes it too', async () => {
  const [ada] = await world.members(1)
  if (!ada) throw new Error('nobody')
  using twice = new RawGateway(world.url)
  await twice.identify(ada.token)
  twice.send({ op: 2, d: { token: ada.token, properties: {} } })
  expect(await twice.closed()).toBe(4005)
  const bot = await world.bot('wrongbot')
  for (const intents of [undefined, -1, 1 << 30]) {
    using socket = new RawGateway(world.url)
    await socket.op(10)
    socket.send({ op: 2, d: { token: bot.token, properties: {}, intents } })
    expect(await socket.closed()).toBe(4013)
  }
  using fast = new RawGateway(world.url)
  await fast.op(10)
  for (let n = 0; n < 150; n++) fast.send({ op: 14, d: {} })
  expect([4003, 4008]).toContain(await fast.closed())
  using flood = new RawGateway(world.url)
  await flood.identify(ada.token)
  for (let n = 0; n < 150; n++) flood.send({ op: 14, d: {} })
  expect(await flood.closed()).toBe(4008)
})

test('unknown versions, encodings and paths are refused', async () => {
  for (const query of ['v=3', 'v=10&encoding=etf', 'v=10&compress=brotli']) {
    using socket = new RawGateway(world.url, query)
    expect(await socket.closed()).toBe(4012)
  }
  using elsewhere = new RawGateway(world.url, 'v=10', '/elsewhere')
  expect(await elsewhere.closed()).toBe(1006)
  using slashed = new RawGateway(world.url, 'v=10', '/gateway/')
  expect((await slashed.op(10)).op).toBe(10)
})

test('heartbeats are answered at once, before identify too; who sends none is closed', async () => {
  using socket = new RawGateway(world.url)
  await socket.op(10)
  socket.send({ op: 1, d: null })
  expect(await socket.op(11)).toEqual({ op: 11, d: null, s: null, t: null })
  await using quick = await createWorld({ timing: { heartbeatIntervalMs: 200, helloDelayMs: 1 } })
  using silent = new RawGateway(quick.url)
  expect(await silent.closed()).toBe(4009)
})

test.each([['zlib-stream'], ['zstd-stream']])('%s is one context for the whole socket', async (compress) => {
  const [ada] = await world.members(1)
  if (!ada) throw new Error('nobody')
  const { channelId } = await world.guild()
  using socket = new RawGateway(world.url, `v=10&encoding=json&compress=${compress}`)
  await socket.identify(ada.token, { compress: true })
  await ada.say(channelId, `pressed by ${compress}`)
  await socket.event('MESSAGE_CREATE', (frame) => frame.d.content === `pressed by ${compress}`)
  socket.send({ op: 1, d: 1 })
  await socket.op(11)
  expect(socket.binary.length).toBe(socket.frames.length)
  if (compress === 'zlib-stream') {
    for (const message of socket.binary) expect(message.subarray(-4).toString('hex')).toBe('0000ffff')
  }
})

test('compress in identify deflates whole payloads', async () => {
  const [ada] = await world.members(1)
  if (!ada) throw new Error('nobody')
  using socket = new RawGateway(world.url)
  await socket.identify(ada.token, { compress: true })
  expect(socket.binary.length).toBe(1)
})

test('signing out closes the sockets of that token', async () => {
  const eve = await world.person('eve')
  using socket = new RawGateway(world.url)
  await socket.identify(eve.token)
  await eve.api.post('/api/convive/v1/accounts/sign-out')
  expect(await socket.closed()).toBe(4004)
})

test('a server that stops tells its clients to come back', async () => {
  const stopping = await createWorld({ timing: { helloDelayMs: 1 } })
  const person = await stopping.person()
  using socket = new RawGateway(stopping.url)
  await socket.identify(person.token)
  await stopping[Symbol.asyncDispose]()
  expect((await socket.op(7)).op).toBe(7)
  expect(await socket.closed()).toBe(1001)
  await sleep(1)
})
