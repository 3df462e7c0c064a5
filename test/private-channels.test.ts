import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiAnswer, GatewayClient } from './client.ts'
import { createWorld, must, type Person, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false' }, timing: { helloDelayMs: 1 } })
})
afterAll(() => world[Symbol.asyncDispose]())

const refused = (answer: ApiAnswer) => [answer.status, answer.body.code]
const CANNOT_MESSAGE = [403, 50_007]
const BAD_RECIPIENTS = [400, 50_033]
const MISSING_ACCESS = [403, 50_001]

const open = (by: Person, other: { id: string }) =>
  by.api.post('/users/@me/channels', { recipient_id: other.id })
const group = (by: Person, ...others: { id: string }[]) =>
  by.api.post('/users/@me/channels', { recipients: others.map((other) => other.id) })
const send = (by: Person, channelId: string) =>
  by.api.post(`/channels/${channelId}/messages`, { content: 'hello' })
const block = async (by: Person, other: Person) =>
  must(await by.api.put(`/users/@me/relationships/${other.id}`, { type: 2 }), 204)

async function people(count: number): Promise<Person[]> {
  return Promise.all(Array.from({ length: count }, () => world.person()))
}

async function befriend(one: Person, other: Person): Promise<void> {
  must(await one.api.put(`/users/@me/relationships/${other.id}`, {}), 204)
  must(await other.api.put(`/users/@me/relationships/${one.id}`, {}), 204)
}

/** Somebody with friends, the first of what is returned. */
async function circle(size: number): Promise<[Person, Person, Person, ...Person[]]> {
  const [ada, ...friends] = await people(Math.max(3, size))
  if (!ada) throw new Error('nobody')
  for (const friend of friends) await befriend(ada, friend)
  return [ada, ...friends] as [Person, Person, Person, ...Person[]]
}

async function pair(): Promise<[Person, Person]> {
  return (await people(2)) as [Person, Person]
}

interface Wire {
  id: string
  type: number
  owner_id?: string
  recipients: { id: string }[]
}

async function list(person: Person): Promise<Wire[]> {
  return must(await person.api.get('/users/@me/channels'), 200)
}

const recipients = (channel: Wire) => channel.recipients.map((user) => user.id)

/** The list that the first connection's events add up to is that of a new one. */
async function expectSameList(socket: GatewayClient, person: Person): Promise<void> {
  const channels = new Map<string, Wire>()
  for (const { t, d } of socket.events) {
    if (t === 'READY') for (const channel of d.private_channels) channels.set(channel.id, channel)
    if (d.guild_id) continue
    if (t === 'CHANNEL_CREATE' || t === 'CHANNEL_UPDATE') channels.set(d.id, d)
    if (t === 'CHANNEL_DELETE') channels.delete(d.id)
    const known = channels.get(d.channel_id)
    if (!known) continue
    if (t === 'CHANNEL_RECIPIENT_ADD')
      channels.set(known.id, { ...known, recipients: [...known.recipients, d.user] })
    if (t === 'CHANNEL_RECIPIENT_REMOVE') {
      const rest = known.recipients.filter((user) => user.id !== d.user.id)
      channels.set(known.id, { ...known, recipients: rest })
    }
    if (t === 'MESSAGE_CREATE') channels.set(known.id, { ...known, last_message_id: d.id } as Wire)
  }
  using fresh = await person.connect()
  const inOrder = (all: Iterable<Wire>) =>
    [...all].map((channel) => ({ ...channel, recipients: channel.recipients.toSorted(byId) })).toSorted(byId)
  expect(inOrder(channels.values())).toEqual(inOrder(fresh.ready.private_channels))
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

test('friends and guild mates may write to each other; strangers may not', async () => {
  const [ada, bob] = await pair()
  expect(refused(await open(ada, bob))).toEqual(CANNOT_MESSAGE)
  expect(refused(await open(ada, ada))).toEqual(CANNOT_MESSAGE)
  expect(refused(await open(ada, { id: '1234567890' }))).toEqual([404, 10_013])
  expect(refused(await ada.api.post('/users/@me/channels', {}))).toEqual([400, 50_035])
  // Asking is not being friends.
  must(await ada.api.put(`/users/@me/relationships/${bob.id}`, {}), 204)
  expect(refused(await open(ada, bob))).toEqual(CANNOT_MESSAGE)
  must(await bob.api.put(`/users/@me/relationships/${ada.id}`, {}), 204)
  const channel: Wire = must(await open(ada, bob), 200)
  expect(channel).toMatchObject({ type: 1, last_message_id: null })
  expect(recipients(channel)).toEqual([bob.id])

  const [, mate, other] = await world.members(3)
  if (!mate || !other) throw new Error('three members')
  must(await open(mate, other), 200)
  expect(refused(await open(mate, ada))).toEqual(CANNOT_MESSAGE)
  const bot = await world.bot('writer')
  must(await open(bot, mate), 200)
  expect(refused(await open(bot, ada))).toEqual(CANNOT_MESSAGE)
  // Anybody may write to a bot.
  must(await open(ada, bot), 200)
})

test('there is one DM of two, whoever opens it, and however many at once', async () => {
  const [ada, bob] = await pair()
  await befriend(ada, bob)
  const opened = await Promise.all([open(ada, bob), open(bob, ada), open(ada, bob), open(bob, ada)])
  expect(new Set(opened.map((answer) => must(answer, 200).id)).size).toBe(1)
  const id = opened[0]?.body.id
  expect((await list(ada)).map(recipients)).toEqual([[bob.id]])
  expect((await list(bob)).map(recipients)).toEqual([[ada.id]])
  expect(must(await ada.api.get(`/channels/${id}`), 200)).toMatchObject({ recipients: [{ id: bob.id }] })
  const eve = await world.person()
  for (const path of [`/channels/${id}`, `/channels/${id}/messages`])
    expect(refused(await eve.api.get(path))).toEqual(MISSING_ACCESS)
  expect(refused(await send(eve, id))).toEqual(MISSING_ACCESS)
  expect(refused(await eve.api.delete(`/channels/${id}`))).toEqual(MISSING_ACCESS)
})

test('the other sees a DM with its first message; who closed it sees it again with the next', async () => {
  const [ada, bob] = await pair()
  await befriend(ada, bob)
  using adas = await ada.connect()
  using bobs = await bob.connect()
  const { id } = must(await open(ada, bob), 200)
  expect((await adas.waitFor('CHANNEL_CREATE')).d).toMatchObject({ id, recipients: [{ id: bob.id }] })
  expect(await list(bob)).toEqual([])
  const first = must(await send(ada, id), 200)
  const told = (await bobs.waitFor('MESSAGE_CREATE')).d
  expect(told).toMatchObject({ id: first.id, channel_id: id })
  const kinds = () =>
    bobs.events.map((event) => event.t).filter((t) => /^(CHANNEL|MESSAGE)_(CREATE|DELETE)$/.test(t))
  expect(kinds()).toEqual(['CHANNEL_CREATE', 'MESSAGE_CREATE'])
  expect(bobs.received('CHANNEL_CREATE')).toMatchObject([{ id, recipients: [{ id: ada.id }] }])

  expect(must(await bob.api.delete(`/channels/${id}`), 200)).toMatchObject({ id, type: 1 })
  await bobs.waitFor('CHANNEL_DELETE', (event) => event.d.id === id)
  expect(await list(bob)).toEqual([])
  expect(await list(ada)).toHaveLength(1)
  // Closed is not gone.
  expect(must(await bob.api.get(`/channels/${id}/messages`), 200)).toHaveLength(1)
  must(await bob.api.delete(`/channels/${id}`), 200)
  const second = must(await send(ada, id), 200)
  await bobs.waitFor('MESSAGE_CREATE', (event) => event.d.id === second.id)
  expect(kinds()).toEqual([
    'CHANNEL_CREATE',
    'MESSAGE_CREATE',
    'CHANNEL_DELETE',
    'CHANNEL_CREATE',
    'MESSAGE_CREATE',
  ])
  expect(adas.received('CHANNEL_CREATE')).toHaveLength(1)
  await adas.waitFor('MESSAGE_CREATE', (event) => event.d.id === second.id)
  await expectSameList(bobs, bob)
  await expectSameList(adas, ada)
})

test('a block stops both, in a DM that is there and in one to be made', async () => {
  const [ada, bob] = await pair()
  await befriend(ada, bob)
  const { id } = must(await open(ada, bob), 200)
  must(await send(ada, id), 200)
  await block(bob, ada)
  for (const person of [ada, bob]) {
    expect(refused(await send(person, id))).toEqual(CANNOT_MESSAGE)
    must(await person.api.get(`/channels/${id}/messages`), 200)
  }
  expect([refused(await open(ada, bob)), refused(await open(bob, ada))]).toEqual([
    CANNOT_MESSAGE,
    CANNOT_MESSAGE,
  ])
  must(await bob.api.delete(`/users/@me/relationships/${ada.id}`), 204)
  must(await send(ada, id), 200)

  const [, mate, other] = await world.members(3)
  if (!mate || !other) throw new Error('three members')
  await block(mate, other)
  expect([refused(await open(mate, other)), refused(await open(other, mate))]).toEqual([
    CANNOT_MESSAGE,
    CANNOT_MESSAGE,
  ])
})

test('a group: of friends alone, told to each without themselves', async () => {
  const [ada, bob, cleo] = await circle(3)
  const eve = await world.person()
  using bobs = await bob.connect()
  expect(refused(await group(ada, bob, eve))).toEqual(BAD_RECIPIENTS)
  expect(refused(await group(bob, cleo, ada))).toEqual(BAD_RECIPIENTS)
  expect(refused(await group(ada, bob, { id: '1234567890' }))).toEqual(BAD_RECIPIENTS)
  const bot = await world.bot('outsider')
  expect(refused(await group(ada, bob, bot))).toEqual(BAD_RECIPIENTS)
  expect(refused(await group(bot, ada, bob))).toEqual(BAD_RECIPIENTS)
  const made: Wire = must(await group(ada, bob, cleo), 200)
  expect(made).toMatchObject({ type: 3, owner_id: ada.id, name: null })
  expect(recipients(made).toSorted()).toEqual([bob.id, cleo.id].toSorted())
  const told: Wire = (await bobs.waitFor('CHANNEL_CREATE')).d
  expect(recipients(told).toSorted()).toEqual([ada.id, cleo.id].toSorted())
  must(await send(cleo, made.id), 200)
  await bobs.waitFor('MESSAGE_CREATE', (event) => event.d.channel_id === made.id)
  expect(refused(await send(eve, made.id))).toEqual(MISSING_ACCESS)
  expect(refused(await eve.api.get(`/channels/${made.id}`))).toEqual(MISSING_ACCESS)
  // The same people again are another group.
  expect(must(await group(ada, bob, cleo), 200).id).not.toBe(made.id)
})

test('people come into a group, are taken out, and leave; it has an owner as long as somebody is in it', async () => {
  const [ada, bob, cleo, dan] = (await circle(4)) as [Person, Person, Person, Person]
  const eve = await world.person()
  const { id } = must(await group(ada, bob, cleo), 200)
  using bobs = await bob.connect()
  using cleos = await cleo.connect()
  using dans = await dan.connect()
  const member = (person: Person) => `/channels/${id}/recipients/${person.id}`
  expect(refused(await ada.api.put(member(eve)))).toEqual(BAD_RECIPIENTS)
  expect(refused(await bob.api.put(member(dan)))).toEqual(BAD_RECIPIENTS)
  expect(refused(await eve.api.put(member(eve)))).toEqual(MISSING_ACCESS)
  must(await ada.api.put(member(dan)), 204)
  must(await ada.api.put(member(dan)), 204)
  expect((await bobs.waitFor('CHANNEL_RECIPIENT_ADD')).d).toMatchObject({
    channel_id: id,
    user: { id: dan.id },
  })
  expect(recipients((await dans.waitFor('CHANNEL_CREATE')).d)).toHaveLength(3)
  expect(bobs.received('CHANNEL_RECIPIENT_ADD')).toHaveLength(1)

  expect(refused(await bob.api.delete(member(cleo)))).toEqual([403, 50_013])
  expect(refused(await ada.api.delete(member(eve)))).toEqual([404, 10_013])
  must(await ada.api.delete(member(cleo)), 204)
  expect((await cleos.waitFor('CHANNEL_DELETE')).d).toMatchObject({ id, type: 3 })
  expect((await bobs.waitFor('CHANNEL_RECIPIENT_REMOVE')).d).toMatchObject({ user: { id: cleo.id } })
  expect(refused(await send(cleo, id))).toEqual(MISSING_ACCESS)
  expect(await list(cleo)).toEqual([])

  must(await ada.api.delete(`/channels/${id}`), 200)
  const heir = (await bobs.waitFor('CHANNEL_UPDATE')).d
  expect([bob.id, dan.id]).toContain(heir.owner_id)
  expect((await dans.waitFor('CHANNEL_UPDATE')).d.owner_id).toBe(heir.owner_id)
  expect(refused(await send(ada, id))).toEqual(MISSING_ACCESS)
  for (const [socket, person] of [
    [bobs, bob],
    [cleos, cleo],
    [dans, dan],
  ] as const)
    await expectSameList(socket, person)
  // The new owner may do what the old one might.
  const [owner, other] = heir.owner_id === bob.id ? [bob, dan] : [dan, bob]
  must(await owner.api.delete(member(other)), 204)
  must(await owner.api.delete(member(owner)), 204)
  expect(refused(await owner.api.get(`/channels/${id}`))).toEqual([404, 10_003])
  expect(await list(owner)).toEqual([])
})

test('a group holds ten, even if all come at once', async () => {
  const [ada, ...friends] = await circle(13)
  expect(refused(await group(ada, ...friends.slice(0, 10)))).toEqual([400, 30_004])
  const { id } = must(await group(ada, ...friends.slice(0, 8)), 200)
  const answers = await Promise.all(
    friends.slice(8).map((friend) => ada.api.put(`/channels/${id}/recipients/${friend.id}`)),
  )
  expect(answers.map((answer) => answer.status).toSorted()).toEqual([204, 400, 400, 400])
  expect((await list(ada)).map(recipients)).toMatchObject([{ length: 9 }])
})

test('a group is named by anybody in it, a DM by nobody', async () => {
  const [ada, bob, cleo] = await circle(3)
  const { id } = must(await group(ada, bob, cleo), 200)
  using cleos = await cleo.connect()
  expect(must(await bob.api.patch(`/channels/${id}`, { name: '夜宵' }), 200)).toMatchObject({ name: '夜宵' })
  expect((await cleos.waitFor('CHANNEL_UPDATE')).d).toMatchObject({ id, name: '夜宵', owner_id: ada.id })
  expect(recipients((await cleos.waitFor('CHANNEL_UPDATE')).d)).not.toContain(cleo.id)
  expect(must(await bob.api.patch(`/channels/${id}`, { name: '' }), 200).name).toBeNull()
  expect(refused(await bob.api.patch(`/channels/${id}`, { name: 'x'.repeat(101) }))).toEqual([400, 50_035])
  const eve = await world.person()
  expect(refused(await eve.api.patch(`/channels/${id}`, { name: 'x' }))).toEqual(MISSING_ACCESS)
  const dm = must(await open(ada, bob), 200)
  expect(refused(await ada.api.patch(`/channels/${dm.id}`, { name: 'x' }))).toEqual([400, 50_024])
  const third = `/channels/${dm.id}/recipients/${cleo.id}`
  expect(refused(await ada.api.put(third))).toEqual([400, 50_024])
  expect(refused(await ada.api.put(`/channels/${dm.id}/permissions/${bob.id}`, {}))).toEqual([403, 50_003])
  expect(refused(await ada.api.post(`/channels/${dm.id}/invites`, {}))).toEqual([403, 50_003])
})

test('characters are at the table too, but a group without people ends', async () => {
  const [ada, bob] = await circle(3)
  const make = async (visibility: string) =>
    must(await ada.api.post('/api/convive/v1/characters', { definition: { name: 'Mira' }, visibility }), 201)
  const [mira, secret] = [await make('public'), await make('private')]
  must(await open(bob, mira), 200)
  expect(refused(await open(bob, secret))).toEqual(CANNOT_MESSAGE)
  expect(refused(await group(bob, ada, secret))).toEqual(BAD_RECIPIENTS)
  const { id } = must(await group(ada, bob, mira, secret), 200)
  must(await ada.api.delete(`/channels/${id}`), 200)
  // Not to a character.
  expect(must(await bob.api.get(`/channels/${id}`), 200).owner_id).toBe(bob.id)
  must(await bob.api.delete(`/channels/${id}`), 200)
  expect(refused(await bob.api.get(`/channels/${id}`))).toEqual([404, 10_003])
})
