import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { getAuth } from '../packages/server/src/accounts/auth.ts'
import { Authenticator } from '../packages/server/src/accounts/authenticate.ts'
import { GatewayClient } from './client.ts'
import { createWorld, must, type World } from './world.ts'

const API = '/api/convive/v1'
const PASSWORD = 'correct horse battery'

const account = (name: string, more: object = {}) => ({
  username: name,
  email: `${name}@example.org`,
  password: PASSWORD,
  ...more,
})

async function signUp(world: World, name: string, more: object = {}) {
  return world.stranger.post(`${API}/accounts/sign-up`, account(name, more))
}

const signIn = (world: World, login: string, password = PASSWORD) =>
  world.stranger.post(`${API}/accounts/sign-in`, { login, password })

const withToken = (world: World, authorization: string, path = '/users/@me') =>
  world.stranger.request('GET', path, undefined, { authorization })

test('of people who sign up at once, exactly one owns the instance', async () => {
  await using world = await createWorld()
  expect(must(await world.stranger.get(`${API}/instance`), 200)).toMatchObject({
    needs_owner: true,
    is_owner: false,
  })
  const answers = await Promise.all(['ada', 'bob', 'cy', 'dee', 'eve'].map((name) => signUp(world, name)))
  const owners = []
  for (const answer of answers) {
    const { token } = must(answer, 200)
    const info = must(await withToken(world, token, `${API}/instance`), 200)
    expect(info.needs_owner).toBe(false)
    if (info.is_owner) owners.push(token)
  }
  expect(owners).toHaveLength(1)
})

test('a closed instance takes its first account and no other', async () => {
  await using world = await createWorld({ env: { CONVIVE_REGISTRATION: 'false' } })
  const answers = await Promise.all(['ada', 'bob', 'cy'].map((name) => signUp(world, name)))
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 403, 403])
  expect(answers.find((answer) => answer.status === 403)?.body.code).toBe(900_005)
  const { rows } = await world.app.db.pool.query('SELECT count(*)::int AS n FROM users')
  expect(rows[0].n).toBe(1)
})

test('names and addresses are taken once, whatever their case and however many ask at once', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada', { global_name: '阿达' }), 200)
  const again = await signUp(world, 'ADA', { email: 'other@example.org' })
  expect([again.status, again.body.code]).toEqual([400, 900_003])
  expect(again.body.errors.username._errors).toHaveLength(1)
  const mail = await signUp(world, 'bob', { email: 'Ada@Example.org' })
  expect([mail.status, mail.body.code]).toEqual([400, 900_004])
  const raced = await Promise.all(
    [1, 2, 3].map((n) => signUp(world, 'same', { email: `same${n}@example.org` })),
  )
  expect(raced.map((answer) => answer.status).sort()).toEqual([200, 400, 400])
  // A refused sign-up leaves nothing behind.
  const { rows } = await world.app.db.pool.query(
    'SELECT (SELECT count(*)::int FROM users) AS users, (SELECT count(*)::int FROM auth_accounts) AS accounts',
  )
  expect(rows[0]).toEqual({ users: 2, accounts: 2 })
})

const wrongAccounts: [object, string][] = [
  [{ username: 'a' }, 'username'],
  [{ username: 'no spaces' }, 'username'],
  [{ username: 'two..dots' }, 'username'],
  [{ username: 'everyone' }, 'username'],
  [{ username: '阿达' }, 'username'],
  [{ username: { $ne: '' } }, 'username'],
  [{ email: 'nowhere' }, 'email'],
  [{ password: 'short' }, 'password'],
  [{ password: 'x'.repeat(129) }, 'password'],
  [{ global_name: 'x'.repeat(33) }, 'global_name'],
]
test('what is wrong with an account is said by its field', async () => {
  await using world = await createWorld()
  for (const [change, field] of wrongAccounts) {
    const answer = await world.stranger.post(`${API}/accounts/sign-up`, { ...account('ada'), ...change })
    expect([change, answer.status]).toEqual([change, 400])
    expect(answer.body.errors[field]._errors[0].message).toBeTruthy()
  }
})

test('signs in by name and by address, and no token or password is stored', async () => {
  await using world = await createWorld()
  const { token, user_id } = must(await signUp(world, 'ada'), 200)
  for (const login of ['ada', 'Ada', 'ADA@example.org']) {
    expect(must(await signIn(world, login), 200).user_id).toBe(user_id)
  }
  const { rows } = await world.app.db.pool.query(
    `SELECT (SELECT string_agg(t::text, ' ') FROM auth_sessions t) || (SELECT string_agg(t::text, ' ') FROM auth_accounts t) AS all`,
  )
  expect(rows[0].all).not.toContain(token)
  expect(rows[0].all).not.toContain(PASSWORD)
  expect(must(await withToken(world, token), 200)).toMatchObject({
    id: user_id,
    email: 'ada@example.org',
    bot: false,
  })
  expect(must(await withToken(world, `Bearer ${token}`), 200).id).toBe(user_id)
})

test('a wrong password and an unknown name are told apart by nothing', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada'), 200)
  const answers = []
  for (const login of ['ada', 'nobody', 'ada@example.org', 'nobody@example.org', 'not a name', 'x@']) {
    answers.push(await signIn(world, login, 'wrong password'))
  }
  expect(new Set(answers.map((answer) => JSON.stringify([answer.status, answer.body]))).size).toBe(1)
  expect(answers[0]?.body.code).toBe(900_001)
})

/** The guesses counted for a name, and the pause after the last. */
async function counted(world: World): Promise<{ failures: number; pause: number }[]> {
  const { rows } = await world.app.db.pool.query(
    `SELECT failures, greatest(0, extract(epoch FROM blocked_until - updated_at))::int AS pause FROM auth_failures WHERE key LIKE 'login:%'`,
  )
  return rows
}

const setFailures = (world: World, failures: number) =>
  world.app.db.pool.query(
    `UPDATE auth_failures SET blocked_until = now(), failures = ${failures} WHERE key LIKE 'login:%'`,
  )

test('guessing is slowed, for the right password too, and only for that name', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada'), 200)
  must(await signUp(world, 'bob'), 200)
  must(await signIn(world, 'ada', 'wrong password'), 401)
  await setFailures(world, 9)
  const guesses = await Promise.all(Array.from({ length: 8 }, () => signIn(world, 'ADA', 'wrong password')))
  expect(guesses.map((answer) => answer.status).sort()).toEqual([401, ...Array(7).fill(429)])
  const refused = await signIn(world, 'ada')
  expect([refused.status, refused.body.code]).toEqual([429, 900_002])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  must(await signIn(world, 'bob'), 200)
  await setFailures(world, 9)
  must(await signIn(world, 'ada'), 200)
  // What was right is forgiven.
  expect(await counted(world)).toEqual([])
})

test('the pause grows with each further guess, up to a quarter of an hour', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada'), 200)
  for (let n = 1; n <= 4; n++) must(await signIn(world, 'ada', 'wrong password'), 401)
  expect(await counted(world)).toEqual([{ failures: 4, pause: 0 }])
  const pauses: (number | undefined)[] = []
  for (const failures of [4, 5, 6, 9, 14, 40]) {
    await setFailures(world, failures)
    must(await signIn(world, 'ada', 'wrong password'), 401)
    pauses.push((await counted(world))[0]?.pause)
  }
  expect(pauses).toEqual([1, 2, 4, 32, 900, 900])
  await world.app.db.pool.query(
    `UPDATE auth_failures SET blocked_until = now(), updated_at = now() - interval '25 hours'`,
  )
  must(await signIn(world, 'ada', 'wrong password'), 401)
  expect(await counted(world)).toEqual([{ failures: 1, pause: 0 }])
})

test('an address that guesses at many names is slowed as well', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada'), 200)
  must(await signIn(world, 'nobody', 'wrong password'), 401)
  await world.app.db.pool.query(
    `UPDATE auth_failures SET failures = 40, blocked_until = now() WHERE key LIKE 'ip:%'`,
  )
  must(await signIn(world, 'no_one', 'wrong password'), 401)
  const refused = await signIn(world, 'ada')
  expect([refused.status, refused.body.code]).toEqual([429, 900_002])
})

test('signing out ends one session, signing out everywhere all of them, at once', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada'), 200)
  const tokens: string[] = []
  for (let n = 0; n < 3; n++) tokens.push(must(await signIn(world, 'ada'), 200).token)
  const [first = '', second = '', third = ''] = tokens
  const sessions = must(await withToken(world, first, `${API}/accounts/sessions`), 200)
  expect(sessions).toHaveLength(4)
  expect(sessions.filter((session: { current: boolean }) => session.current)).toHaveLength(1)
  must(
    await world.stranger.request('POST', `${API}/accounts/sign-out`, undefined, { authorization: first }),
    204,
  )
  expect((await withToken(world, first)).status).toBe(401)
  expect((await withToken(world, second)).status).toBe(200)
  const everywhere = `${API}/accounts/sign-out-everywhere`
  must(await world.stranger.request('POST', everywhere, undefined, { authorization: second }), 204)
  expect((await withToken(world, second)).status).toBe(401)
  expect((await withToken(world, third)).status).toBe(401)
  must(await signIn(world, 'ada'), 200)
})

test('signing out closes the sockets of that session only', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  const { token } = must(await signIn(world, 'ada', 'a good password of ada'), 200)
  using kept = await ada.connect()
  using ended = await GatewayClient.connect(world.url, token)
  must(
    await world.stranger.request('POST', `${API}/accounts/sign-out`, undefined, { authorization: token }),
    204,
  )
  await expect.poll(() => ended.closeCode).toBe(4004)
  expect(kept.closeCode).toBeNull()
  must(await ada.api.post(`${API}/accounts/sign-out-everywhere`), 204)
  await expect.poll(() => kept.closeCode).toBe(4004)
})

test('use prolongs a session, and is noted once an hour', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const { db, log } = world.app
  const age = (hours: number) =>
    db.pool.query(
      `UPDATE auth_sessions SET updated_at = now() - interval '${hours} hours', expires_at = now() + interval '1 day'`,
    )
  const idleHours = async () => {
    const { rows } = await db.pool.query(
      `SELECT round(extract(epoch FROM now() - updated_at) / 3600)::int AS idle, expires_at > now() + interval '59 days' AS prolonged FROM auth_sessions`,
    )
    return rows[0]
  }
  await age(0.5)
  const soon = new Authenticator(db, log)
  expect((await soon.find(ada.token))?.userId).toBe(ada.id)
  expect((await idleHours()).prolonged).toBe(false)
  await age(3)
  const later = new Authenticator(db, log)
  expect((await later.find(ada.token))?.userId).toBe(ada.id)
  await expect.poll(idleHours).toEqual({ idle: 0, prolonged: true })
})

test('an account is signed in at a hundred places at most', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  await world.app.db.pool.query(
    `INSERT INTO auth_sessions (user_id, token, expires_at, updated_at)
     SELECT ${ada.id}, 'x' || n, now() + interval '1 day', now() - n * interval '1 minute' FROM generate_series(1, 120) n`,
  )
  must(await signIn(world, 'ada', 'a good password of ada'), 200)
  expect(must(await ada.api.get(`${API}/accounts/sessions`), 200)).toHaveLength(100)
  const { rows } = await world.app.db.pool.query('SELECT count(*)::int AS n FROM auth_sessions')
  expect(rows[0].n).toBe(100)
})

test('a session that expired, or whose account was deleted, is nobody', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const bob = await world.person()
  await world.app.db.pool.query(
    `UPDATE auth_sessions SET expires_at = now() - interval '1 second' WHERE user_id = ${ada.id}`,
  )
  await world.app.db.pool.query(`UPDATE users SET deleted_at = now() WHERE id = ${bob.id}`)
  expect((await ada.api.get('/users/@me')).status).toBe(401)
  expect((await bob.api.get('/users/@me')).status).toBe(401)
})

test('no made-up token is anybody', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const id = Buffer.from(ada.id).toString('base64').replace(/=/g, '')
  const made = [
    '',
    ' ',
    'Bot',
    'Bot ',
    `Bot ${ada.token}`,
    `Basic ${ada.token}`,
    ada.token.slice(0, -1),
    `${ada.token}x`,
    ada.token.toLowerCase(),
    randomBytes(16).toString('hex'),
    `Bot ${id}.x.y`,
    `${id}.${'x'.repeat(6)}.${'y'.repeat(43)}`,
    'x'.repeat(8000),
    `Bearer ' OR 1=1 --`,
  ]
  for (const authorization of made) {
    const answer = await withToken(world, authorization)
    expect([authorization, answer.status, answer.body.code]).toEqual([authorization, 401, 0])
  }
})

test('a token that is in use costs no query', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  must(await ada.api.get('/users/@me'), 200)
  let queries = 0
  const { pool } = world.app.db
  const connect = pool.connect.bind(pool)
  pool.connect = ((...args: Parameters<typeof connect>) => {
    queries++
    return connect(...args)
  }) as typeof pool.connect
  for (let n = 0; n < 5; n++) expect((await world.app.authenticator.find(ada.token))?.userId).toBe(ada.id)
  expect(queries).toBe(0)
})

test('while too many passwords wait to be hashed, who comes is told to come back', async () => {
  await using world = await createWorld()
  must(await signUp(world, 'ada'), 200)
  const { hashing } = getAuth(world.app)
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const line = Promise.allSettled(Array.from({ length: 1000 }, () => hashing.run(() => opened)))
  const refused = await signIn(world, 'ada')
  expect([refused.status, refused.body.code]).toEqual([503, 130_000])
  expect((await signUp(world, 'bob')).status).toBe(503)
  open()
  const ended = await line
  expect(ended.filter((end) => end.status === 'fulfilled').length).toBeLessThan(200)
  // It was no guess.
  expect(await counted(world)).toEqual([{ failures: 0, pause: 0 }])
  must(await signIn(world, 'ada'), 200)
})

test('somebody changes their name and face, and all who share a guild see it', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('two members')
  using own = await ada.connect()
  using other = await bob.connect()
  const avatar = `data:image/png;base64,${PIXEL}`
  const changes = { global_name: '阿达', bio: 'hello', avatar, accent_color: 255 }
  const me = must(await ada.api.patch('/users/@me', changes), 200)
  expect(me).toMatchObject({
    global_name: '阿达',
    bio: 'hello',
    accent_color: 255,
    email: `${ada.name}@example.org`,
  })
  expect(me.avatar).toMatch(/^[0-9a-f]{32}$/)
  expect((await own.waitFor('USER_UPDATE')).d).toMatchObject({ id: ada.id, global_name: '阿达' })
  const update = await other.waitFor('GUILD_MEMBER_UPDATE', (event) => event.d.user.id === ada.id)
  expect(update.d.user).toMatchObject({ global_name: '阿达', avatar: me.avatar })
  expect(update.d.user.email).toBeUndefined()
  expect(other.received('USER_UPDATE')).toEqual([])
  const seen = must(await bob.api.get(`/users/${ada.id}`), 200)
  expect(seen).toMatchObject({ global_name: '阿达', avatar: me.avatar })
  expect(seen.email).toBeUndefined()
  const profile = must(await bob.api.get(`/users/${ada.id}/profile`), 200)
  expect(profile.mutual_guilds).toHaveLength(1)
  expect(profile.user_profile.bio).toBe('hello')
  // The hash that is known changes nothing; null takes it away.
  expect(must(await ada.api.patch('/users/@me', { avatar: me.avatar }), 200).avatar).toBe(me.avatar)
  expect(must(await ada.api.patch('/users/@me', { avatar: null, global_name: null }), 200)).toMatchObject({
    avatar: null,
    global_name: null,
    bio: 'hello',
  })
})

test('a new username signs in, and a taken one is refused', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  await world.person('bob')
  const taken = await ada.api.patch('/users/@me', { username: 'Bob' })
  expect([taken.status, taken.body.code]).toEqual([400, 900_003])
  must(await ada.api.patch('/users/@me', { username: 'lovelace' }), 200)
  must(await signIn(world, 'lovelace', 'a good password of ada'), 200)
  expect((await signIn(world, 'ada', 'a good password of ada')).status).toBe(401)
  must(await signUp(world, 'ada', { email: 'second@example.org' }), 200)
})

test('unknown users are unknown', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  for (const id of ['1', '999999999999999999', 'x', '-1', '99999999999999999999']) {
    const answer = await ada.api.get(`/users/${id}`)
    expect([id, answer.status, answer.body.code]).toEqual([id, 404, 10_013])
  }
})

test('lists the guilds one is in, page by page, with what one may do there', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('two members')
  const second = must(await ada.api.post('/guilds', { name: 'Second' }), 201)
  const all = must(await ada.api.get('/users/@me/guilds?with_counts=true'), 200)
  expect(all.map((guild: { name: string }) => guild.name)).toEqual(['The table', 'Second'])
  expect(all[0]).toMatchObject({ owner: true, approximate_member_count: 2 })
  const page = must(await ada.api.get(`/users/@me/guilds?limit=1&after=${all[0].id}`), 200)
  expect(page.map((guild: { id: string }) => guild.id)).toEqual([second.id])
  const before = must(await ada.api.get(`/users/@me/guilds?limit=1&before=${second.id}`), 200)
  expect(before.map((guild: { id: string }) => guild.id)).toEqual([all[0].id])
  const [bobs] = must(await bob.api.get('/users/@me/guilds'), 200)
  expect(bobs.owner).toBe(false)
  expect(BigInt(bobs.permissions) & 8n).toBe(0n)
  expect(BigInt(bobs.permissions) & 2048n).toBe(2048n)
})

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
