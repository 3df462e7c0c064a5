import { createPublicKey, sign, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { signingKeyContext } from '../packages/server/src/accounts/applications.ts'
import { createWorld, must, type Person, type World } from './world.ts'

const MANAGE_GUILD = 32n
const ADMINISTRATOR = 8n
const KICK = 2n
const SEND = 2048n

const authorize = (person: Person, id: string, guildId: string, permissions: bigint) =>
  person.api.post(`/oauth2/authorize?client_id=${id}&scope=bot&permissions=${permissions}`, {
    guild_id: guildId,
    permissions: String(permissions),
    authorize: true,
  })

const asBot = (world: World, token: string, path: string) =>
  world.stranger.request('GET', path, undefined, { authorization: `Bot ${token}` })

test('an application has a bot of the same id, a token shown once, and the shapes that libraries read', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const made = must(await ada.api.post('/applications', { name: 'Helper' }), 201)
  expect(made.bot).toMatchObject({ id: made.id, username: 'Helper', bot: true })
  expect(made.owner.id).toBe(ada.id)
  expect(made.verify_key).toMatch(/^[0-9a-f]{64}$/)
  expect('install_params' in made).toBe(false)
  expect(made.team).toBeNull()
  expect(must(await ada.api.get('/applications'), 200).map((a: { id: string }) => a.id)).toEqual([made.id])

  const { token } = must(await ada.api.post(`/applications/${made.id}/bot/reset`), 200)
  expect(atob(token.split('.')[0])).toBe(made.id)
  const { rows } = await world.app.db.pool.query("SELECT encode(token_hash, 'hex') AS hash FROM applications")
  expect(rows[0].hash).toHaveLength(64)

  const me = must(await asBot(world, token, '/users/@me'), 200)
  expect(me).toMatchObject({ id: made.id, bot: true, email: null, verified: true })
  for (const path of ['/applications/@me', '/oauth2/applications/@me']) {
    expect(must(await asBot(world, token, path), 200)).toMatchObject({ id: made.id, owner: { id: ada.id } })
  }
  expect(must(await asBot(world, token, '/oauth2/@me'), 200).application.id).toBe(made.id)
  expect((await ada.api.get('/applications/@me')).body.code).toBe(20_002)
  expect((await asBot(world, token, '/applications')).body.code).toBe(20_001)
})

test('its public key is that of the private key that was sealed', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const made = must(await ada.api.post('/applications', { name: 'Signer' }), 201)
  const { signing_key } = await world.app.db
    .selectFrom('applications')
    .select('signing_key')
    .where('id', '=', made.id)
    .executeTakeFirstOrThrow()
  const pem = world.app.secrets.open(signing_key, signingKeyContext(made.id))
  const signature = sign(null, Buffer.from('1700000000{}'), pem)
  const x = Buffer.from(made.verify_key, 'hex').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  expect(verify(null, Buffer.from('1700000000{}'), key, signature)).toBe(true)
  expect(() => world.app.secrets.open(signing_key, signingKeyContext('1'))).toThrow()
})

test('a reset takes the old token back at once', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const { id } = must(await ada.api.post('/applications', { name: 'Helper' }), 201)
  const reset = async () => must(await ada.api.post(`/applications/${id}/bot/reset`), 200).token
  const old = await reset()
  must(await asBot(world, old, '/users/@me'), 200)
  const fresh = await reset()
  expect((await asBot(world, old, '/users/@me')).status).toBe(401)
  must(await asBot(world, fresh, '/users/@me'), 200)
  const [first = '', second = ''] = fresh.split('.')
  for (const forged of [`${first}.${second}.${'A'.repeat(43)}`, `${first}.${second}.`, `${first}..`]) {
    expect((await asBot(world, forged, '/users/@me')).status).toBe(401)
  }
})

test('of another person an application is unknown', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const bob = await world.person()
  const { id } = must(await ada.api.post('/applications', { name: 'Helper' }), 201)
  const answers = [
    await bob.api.get(`/applications/${id}`),
    await bob.api.patch(`/applications/${id}`, { name: 'Mine' }),
    await bob.api.delete(`/applications/${id}`),
    await bob.api.post(`/applications/${id}/bot/reset`),
    await bob.api.post('/applications/123/bot/reset'),
  ]
  expect(answers.map((answer) => [answer.status, answer.body.code])).toEqual(Array(5).fill([404, 10_002]))
})

test('what an owner changes', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const { id, flags } = must(await ada.api.post('/applications', { name: 'Helper' }), 201)
  const edited = must(
    await ada.api.patch(`/applications/${id}`, {
      name: 'Better',
      description: 'It helps.',
      bot_public: false,
      flags: 1,
    }),
    200,
  )
  expect(edited).toMatchObject({ name: 'Better', description: 'It helps.', bot_public: false, flags: 0 })
  expect(flags).toBeGreaterThan(0)
  expect((await ada.api.patch(`/applications/${id}`, { icon: 'data:image/png;base64,AAAA' })).status).toBe(
    400,
  )
  expect((await ada.api.post('/applications', { name: 'x'.repeat(33) })).status).toBe(400)
  expect((await ada.api.post('/applications', {})).status).toBe(400)
})

test('a bot joins with a role of its own, never with more than who adds it has', async () => {
  await using world = await createWorld()
  const [ada, bob, cy] = await world.members(3)
  if (!ada || !bob || !cy) throw new Error('three members')
  const guild = await world.guild()
  const role = must(
    await ada.api.post(`/guilds/${guild.id}/roles`, {
      name: 'helpers',
      permissions: String(MANAGE_GUILD | KICK),
    }),
    200,
  )
  must(await ada.api.put(`/guilds/${guild.id}/members/${bob.id}/roles/${role.id}`), 204)
  const { id } = must(await cy.api.post('/applications', { name: 'Helper' }), 201)

  expect((await authorize(cy, id, guild.id, SEND)).body.code).toBe(50_013)
  using watcher = await cy.connect()
  must(await authorize(bob, id, guild.id, ADMINISTRATOR | KICK | SEND), 200)
  const joined = await watcher.waitFor('GUILD_MEMBER_ADD', (event) => event.d.user.id === id)
  const created = watcher.received('GUILD_ROLE_CREATE').at(-1)
  expect(created.role).toMatchObject({ name: 'Helper', managed: true, tags: { bot_id: id } })
  expect(BigInt(created.role.permissions)).toBe(KICK | SEND)
  expect(joined.d.roles).toEqual([created.role.id])
  // Adding it again changes nothing.
  must(await authorize(ada, id, guild.id, ADMINISTRATOR), 200)
  expect(watcher.received('GUILD_ROLE_CREATE')).toHaveLength(1)
})

test('the page of consent shows the bot and where one may add it', async () => {
  await using world = await createWorld()
  const [ada] = await world.members(1)
  const { id } = must(
    (await ada?.api.post('/applications', { name: 'Helper' })) ?? { status: 0, body: null },
    201,
  )
  const shown = must(
    (await ada?.api.get(`/oauth2/authorize?client_id=${id}&scope=bot`)) ?? { status: 0, body: null },
    200,
  )
  expect(shown).toMatchObject({
    application: { id, name: 'Helper' },
    bot: { id, bot: true },
    authorized: false,
  })
  expect(shown.guilds).toHaveLength(1)
  expect(BigInt(shown.guilds[0].permissions) & MANAGE_GUILD).toBe(MANAGE_GUILD)
  expect(shown.application.owner).toBeUndefined()
})

test('what cannot be authorized is refused', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('two members')
  const guild = await world.guild()
  const { id } = must(await ada.api.post('/applications', { name: 'Helper' }), 201)
  must(await ada.api.patch(`/applications/${id}`, { bot_public: false }), 200)
  const own = must(await bob.api.post('/guilds', { name: 'Of bob' }), 201)
  expect((await authorize(bob, id, own.id, SEND)).body.code).toBe(50_001)
  expect((await authorize(ada, '123', guild.id, SEND)).body.code).toBe(10_002)
  expect((await authorize(ada, id, '123', SEND)).body.code).toBe(10_004)
  expect((await authorize(ada, id, own.id, SEND)).body.code).toBe(10_004)
  const path = `/oauth2/authorize?client_id=${id}&scope=bot`
  expect((await ada.api.post(path, { authorize: true })).status).toBe(400)
  expect((await ada.api.post(path, { guild_id: guild.id, permissions: '-1' })).status).toBe(400)
  expect((await ada.api.post(path, { guild_id: guild.id, permissions: '9'.repeat(20) })).status).toBe(400)
  expect(
    (await ada.api.post(`/oauth2/authorize?client_id=${id}&scope=identify`, { guild_id: guild.id })).status,
  ).toBe(400)
})

test('a deleted application takes its bot along: token, guilds, socket', async () => {
  await using world = await createWorld()
  const bot = await world.bot('helper')
  const guild = await world.guild()
  using watcher = await guild.owner.connect()
  const socket = await bot.connect({ intents: 1 })
  must(await guild.owner.api.post(`/applications/${bot.id}/delete`, {}), 204)
  await watcher.waitFor('GUILD_MEMBER_REMOVE', (event) => event.d.user.id === bot.id)
  await watcher.waitFor('GUILD_ROLE_DELETE')
  await expect.poll(() => socket.closeCode).toBe(4004)
  expect((await bot.api.get('/users/@me')).status).toBe(401)
  expect((await guild.owner.api.get(`/users/${bot.id}`)).status).toBe(404)
  expect((await guild.owner.api.get(`/applications/${bot.id}`)).status).toBe(404)
})
