import { expect, test } from 'vitest'
import { isBlockedBetween } from '../packages/server/src/accounts/relationships.ts'
import { createWorld, must, type Person } from './world.ts'

const PATH = '/users/@me/relationships'

async function types(person: Person): Promise<Record<string, number>> {
  const list = must(await person.api.get(PATH), 200) as { id: string; type: number; user: { id: string } }[]
  expect(list.every((entry) => entry.user.id === entry.id)).toBe(true)
  return Object.fromEntries(list.map((entry) => [entry.id, entry.type]))
}

test('a request by name, its acceptance, and the end of it, as both sides see it', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  const bob = await world.person('bob')
  using adas = await ada.connect()
  using bobs = await bob.connect()
  must(await ada.api.post(PATH, { username: 'BOB', discriminator: null }), 204)
  expect((await adas.waitFor('RELATIONSHIP_ADD')).d).toMatchObject({
    id: bob.id,
    type: 4,
    user: { username: 'bob' },
  })
  expect((await bobs.waitFor('RELATIONSHIP_ADD')).d).toMatchObject({
    id: ada.id,
    type: 3,
    is_spam_request: false,
  })
  // Asking twice is asking once.
  must(await ada.api.post(PATH, { username: 'bob' }), 204)
  must(await bob.api.put(`${PATH}/${ada.id}`, {}), 204)
  expect((await adas.waitFor('RELATIONSHIP_UPDATE')).d).toMatchObject({ id: bob.id, type: 1 })
  expect([await types(ada), await types(bob)]).toEqual([{ [bob.id]: 1 }, { [ada.id]: 1 }])
  expect((await ada.api.post(PATH, { username: 'bob' })).body.code).toBe(80_007)
  must(await bob.api.delete(`${PATH}/${ada.id}`), 204)
  expect((await adas.waitFor('RELATIONSHIP_REMOVE')).d).toMatchObject({ id: bob.id })
  expect([await types(ada), await types(bob)]).toEqual([{}, {}])
  using again = await ada.connect()
  expect(again.ready.relationships).toEqual([])
})

test('two who ask each other at once are friends, never half', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  const bob = await world.person('bob')
  const [first, second] = await Promise.all([
    ada.api.put(`${PATH}/${bob.id}`, { type: 1 }),
    bob.api.put(`${PATH}/${ada.id}`, { type: 1 }),
  ])
  expect([first.status, second.status]).toEqual([204, 204])
  expect([await types(ada), await types(bob)]).toEqual([{ [bob.id]: 1 }, { [ada.id]: 1 }])
})

test('a block ends a friendship, stops requests, and is one-sided', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  const bob = await world.person('bob')
  must(await ada.api.put(`${PATH}/${bob.id}`, {}), 204)
  must(await bob.api.put(`${PATH}/${ada.id}`, {}), 204)
  using bobs = await bob.connect()
  must(await ada.api.put(`${PATH}/${bob.id}`, { type: 2 }), 204)
  // Bob is told that it is over, not why.
  const told = (await bobs.waitFor('RELATIONSHIP_REMOVE')).d
  expect(told).toEqual({ id: ada.id, type: 1, nickname: null })
  expect([await types(ada), await types(bob)]).toEqual([{ [bob.id]: 2 }, {}])
  expect(await isBlockedBetween(world.app.db, ada.id, bob.id)).toBe(true)
  expect(await isBlockedBetween(world.app.db, bob.id, ada.id)).toBe(true)
  expect((await bob.api.put(`${PATH}/${ada.id}`, {})).body.code).toBe(80_000)
  // The blocked one can block back, and one's unblocking leaves the other's block.
  must(await bob.api.put(`${PATH}/${ada.id}`, { type: 2 }), 204)
  must(await ada.api.delete(`${PATH}/${bob.id}`), 204)
  expect([await types(ada), await types(bob)]).toEqual([{}, { [ada.id]: 2 }])
  expect(await isBlockedBetween(world.app.db, ada.id, bob.id)).toBe(true)
  must(await bob.api.delete(`${PATH}/${ada.id}`), 204)
  expect(await isBlockedBetween(world.app.db, ada.id, bob.id)).toBe(false)
})

test('who cannot be befriended', async () => {
  await using world = await createWorld()
  const guild = await world.guild()
  const bot = await world.bot()
  const ada = guild.owner
  expect((await ada.api.put(`${PATH}/${ada.id}`, {})).body.code).toBe(80_003)
  expect((await ada.api.post(PATH, { username: ada.name })).body.code).toBe(80_003)
  expect((await ada.api.post(PATH, { username: 'nobody_here' })).body.code).toBe(80_004)
  expect((await ada.api.put(`${PATH}/123`, {})).body.code).toBe(10_013)
  expect((await ada.api.put(`${PATH}/${bot.id}`, {})).body.code).toBe(50_002)
  expect((await ada.api.put(`${PATH}/${bot.id}`, { type: 3 })).status).toBe(400)
  expect((await bot.api.get(PATH)).body.code).toBe(20_001)
})

test('a character accepts at once; a private one knows its maker only', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('two members')
  const make = async (visibility: string) =>
    must(await ada.api.post('/api/convive/v1/characters', { definition: { name: 'Mira' }, visibility }), 201)
      .id
  const open = await make('public')
  const secret = await make('private')
  must(await bob.api.put(`${PATH}/${open}`, {}), 204)
  expect(await types(bob)).toEqual({ [open]: 1 })
  expect((await bob.api.put(`${PATH}/${secret}`, {})).body.code).toBe(10_013)
  expect((await bob.api.get(`/users/${secret}`)).body.code).toBe(10_013)
  must(await ada.api.put(`${PATH}/${secret}`, {}), 204)
  expect(await types(ada)).toEqual({ [secret]: 1 })
  must(await bob.api.get(`/users/${open}`), 200)
})
