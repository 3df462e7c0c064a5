import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawGateway } from '../../../../test/raw-gateway.ts'
import { createWorld, must, type Person, type World } from '../../../../test/world.ts'

const GUILDS = 1
const GUILD_MEMBERS = 1 << 1
const GUILD_PRESENCES = 1 << 8
const GUILD_MESSAGES = 1 << 9
const MESSAGE_CONTENT = 1 << 15

let world: World
let ada: Person
let channelId: string
let guildId: string
beforeAll(async () => {
  world = await createWorld({ timing: { helloDelayMs: 1 } })
  ;[ada] = (await world.members(1)) as [Person]
  const guild = await world.guild()
  channelId = guild.channelId
  guildId = guild.id
})
afterAll(() => world[Symbol.asyncDispose]())

test('intents choose the events; without content a bot reads only what concerns it', async () => {
  const bot = await world.bot('reader')
  const connect = async (intents: number) => {
    const socket = new RawGateway(world.url)
    await socket.identify(bot.token, { intents })
    return socket
  }
  using deaf = await connect(GUILDS)
  using blind = await connect(GUILDS | GUILD_MESSAGES)
  using seeing = await connect(GUILDS | GUILD_MESSAGES | MESSAGE_CONTENT)
  await blind.event('GUILD_CREATE')
  await ada.say(channelId, 'for all')
  await ada.say(channelId, `for <@${bot.id}>`)
  must(await bot.api.post(`/channels/${channelId}/messages`, { content: 'mine' }), 200)
  const done = (socket: RawGateway) =>
    socket.until(() => socket.dispatches('MESSAGE_CREATE').length === 3, 'three messages')
  await done(blind)
  await done(seeing)
  const contents = (socket: RawGateway) => socket.dispatches('MESSAGE_CREATE').map((frame) => frame.d.content)
  expect(contents(seeing)).toEqual(['for all', `for <@${bot.id}>`, 'mine'])
  expect(contents(blind)).toEqual(['', `for <@${bot.id}>`, 'mine'])
  expect(deaf.dispatches('MESSAGE_CREATE')).toEqual([])
})

test('our own events go only to sessions that asked', async () => {
  using plain = new RawGateway(world.url)
  await plain.identify(ada.token)
  using ours = new RawGateway(world.url)
  await ours.identify(ada.token, { convive: true })
  world.app.bus.publish({
    id: 'test.1',
    type: 'CONVIVE_MODELS_UPDATE',
    audience: { everyone: true },
    data: {},
  })
  await ours.event('CONVIVE_MODELS_UPDATE')
  await ada.say(channelId, 'later')
  await plain.event('MESSAGE_CREATE', (frame) => frame.d.content === 'later')
  expect(plain.dispatches('CONVIVE_MODELS_UPDATE')).toEqual([])
})

test('op 8 finds members by name, by id, and all of them', async () => {
  const bob = await world.person('roberta')
  await world.join(bob)
  const bot = await world.bot('census')
  using socket = new RawGateway(world.url)
  await socket.identify(bot.token, { intents: GUILDS | GUILD_MEMBERS | GUILD_PRESENCES })
  await socket.event('GUILD_CREATE')
  socket.send({ op: 8, d: { guild_id: guildId, query: 'rob', limit: 5, nonce: 'by name' } })
  socket.send({
    op: 8,
    d: { guild_id: [guildId], user_ids: [bob.id, '123'], nonce: 'by id', presences: true },
  })
  socket.send(`{"op":8,"d":{"guild_id":${guildId},"query":"","limit":0,"nonce":"all"}}`)
  const chunk = async (nonce: string) =>
    (await socket.event('GUILD_MEMBERS_CHUNK', (frame) => frame.d.nonce === nonce)).d
  const ids = (d: { members: { user: { id: string } }[] }) => d.members.map((member) => member.user.id)
  expect(ids(await chunk('by name'))).toEqual([bob.id])
  expect(await chunk('by id')).toMatchObject({
    not_found: ['123'],
    chunk_index: 0,
    chunk_count: 1,
    presences: [],
  })
  expect(ids(await chunk('by id'))).toEqual([bob.id])
  expect(ids(await chunk('all')).sort()).toEqual(expect.arrayContaining([ada.id, bob.id, bot.id].sort()))
})

test('presence goes to guilds, is the best of all sessions, and hides at will', async () => {
  const bob = await world.person('bobby')
  await world.join(bob)
  using watcher = new RawGateway(world.url)
  await watcher.identify(ada.token)
  const statuses = () =>
    watcher
      .dispatches('PRESENCE_UPDATE')
      .filter((f) => f.d.user.id === bob.id)
      .map((f) => f.d.status)
  using one = new RawGateway(world.url)
  await one.identify(bob.token, { presence: { status: 'idle', activities: [], since: null, afk: false } })
  await watcher.until(() => statuses().at(-1) === 'idle', 'idle')
  using two = new RawGateway(world.url)
  await two.identify(bob.token)
  await watcher.until(() => statuses().at(-1) === 'online', 'online')
  using late = new RawGateway(world.url)
  const ready = await late.identify(ada.token)
  const shown = ready.d.guilds[0].presences.find((p: { user: { id: string } }) => p.user.id === bob.id)
  expect(shown).toMatchObject({ status: 'online', activities: [] })
  two.socket.close(1000)
  await watcher.until(() => statuses().at(-1) === 'idle', 'idle again')
  one.send({ op: 3, d: { status: 'invisible', activities: [], since: null, afk: false } })
  await watcher.until(() => statuses().at(-1) === 'offline', 'offline')
  one.send({ op: 3, d: { status: 'dnd', activities: [{ name: 'chess', type: 0 }], since: null, afk: false } })
  await watcher.until(() => statuses().at(-1) === 'dnd', 'dnd')
  const last = watcher.dispatches('PRESENCE_UPDATE').at(-1)
  expect(last?.d).toMatchObject({
    guild_id: guildId,
    activities: [{ name: 'chess', type: 0 }],
    client_status: { web: 'dnd' },
  })
})

test('a shard gets the guilds that are its own', async () => {
  const bot = await world.bot('sharded')
  const own = Number((BigInt(guildId) >> 22n) % 2n)
  for (const id of [0, 1]) {
    using socket = new RawGateway(world.url)
    const ready = await socket.identify(bot.token, { intents: GUILDS, shard: [id, 2] })
    expect(ready.d.shard).toEqual([id, 2])
    expect(ready.d.guilds.length).toBe(id === own ? 1 : 0)
  }
})
