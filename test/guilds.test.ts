import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiAnswer } from './client.ts'
import { createWorld, must, type Person, type World } from './world.ts'

const VIEW = 1n << 10n
const KICK = 1n << 1n
const BAN = 1n << 2n
const MANAGE_CHANNELS = 1n << 4n
const MANAGE_GUILD = 1n << 5n
const MANAGE_MESSAGES = 1n << 13n
const CHANGE_NICKNAME = 1n << 26n
const MANAGE_NICKNAMES = 1n << 27n
const MANAGE_ROLES = 1n << 28n
const MODERATE = 1n << 40n
const TEXT = 0
const VOICE = 2
const CATEGORY = 4

let world: World
let clockMs = Date.UTC(2026, 5, 1)
beforeAll(async () => {
  world = await createWorld({
    env: { CONVIVE_RATE_LIMITS: 'false' },
    timing: { helloDelayMs: 1 },
    now: () => clockMs,
  })
})
afterAll(() => world[Symbol.asyncDispose]())

interface Wire {
  id: string
  type: number
  name: string
  position: number
  parent_id: string | null
  permission_overwrites: { id: string; allow: string; deny: string }[]
}

/** A guild of its own for each test: its owner, and others who joined by an invite. */
class Table {
  readonly id: string
  readonly owner: Person
  readonly general: string
  constructor(id: string, owner: Person, general: string) {
    this.id = id
    this.owner = owner
    this.general = general
  }
  static async make(): Promise<Table> {
    const owner = await world.person()
    const guild = must(await owner.api.post('/guilds', { name: 'Table' }), 201)
    const listed: Wire[] = must(await owner.api.get(`/guilds/${guild.id}/channels`), 200)
    return new Table(guild.id, owner, listed.find((channel) => channel.type === TEXT)?.id ?? '')
  }
  get path(): string {
    return `/guilds/${this.id}`
  }
  async invite(body: object = { unique: true }): Promise<string> {
    return must(await this.owner.api.post(`/channels/${this.general}/invites`, body), 200).code
  }
  async person(...roleIds: string[]): Promise<Person> {
    const person = await world.person()
    must(await person.api.post(`/invites/${await this.invite()}`), 200)
    for (const id of roleIds)
      must(await this.owner.api.put(`${this.path}/members/${person.id}/roles/${id}`), 204)
    return person
  }
  /** New roles stand below the older ones. */
  async role(permissions = 0n, name = 'role'): Promise<string> {
    const body = { name, permissions: String(permissions) }
    return must(await this.owner.api.post(`${this.path}/roles`, body), 200).id
  }
  async channel(body: object): Promise<Wire> {
    return must(await this.owner.api.post(`${this.path}/channels`, { name: 'room', ...body }), 201)
  }
  async channels(person = this.owner): Promise<Wire[]> {
    return must(await person.api.get(`${this.path}/channels`), 200)
  }
}

const refused = (answer: ApiAnswer) => [answer.status, answer.body.code]
const MISSING_PERMISSIONS = [403, 50_013]
const MISSING_ACCESS = [403, 50_001]

test('a new guild has a room to talk in, and its owner is told of it', async () => {
  const ada = await world.person()
  using socket = await ada.connect()
  expect(refused(await ada.api.post('/guilds', { name: ' x ' }))).toEqual([400, 50_035])
  const guild = must(await ada.api.post('/guilds', { name: 'Table' }), 201)
  expect(guild).toMatchObject({ owner_id: ada.id, roles: [{ id: guild.id, name: '@everyone', position: 0 }] })
  const told = (await socket.waitFor('GUILD_CREATE')).d
  expect(told).toMatchObject({ id: guild.id, name: 'Table', member_count: 1, unavailable: false })
  const [category, general] = told.channels.toSorted((a: Wire, b: Wire) => b.type - a.type)
  expect(category).toMatchObject({ type: CATEGORY, parent_id: null })
  expect(general).toMatchObject({ type: TEXT, name: 'general', parent_id: category.id })
  expect(guild.system_channel_id).toBe(general.id)
  expect(must(await ada.api.get(`/guilds/${guild.id}?with_counts=true`), 200)).toMatchObject({
    approximate_member_count: 1,
    approximate_presence_count: 1,
  })
  const stranger = await world.person()
  expect(refused(await stranger.api.get(`/guilds/${guild.id}`))).toEqual([404, 10_004])
  expect(refused(await stranger.api.get(`/channels/${general.id}`))).toEqual(MISSING_ACCESS)
})

test('channels are made in categories, take over their overwrites, and keep their form', async () => {
  const table = await Table.make()
  const guest = await table.person()
  using socket = await guest.connect()
  const hidden = [{ id: table.id, type: 0, allow: '0', deny: String(VIEW) }]
  const category = await table.channel({
    name: 'Back room',
    type: CATEGORY,
    permission_overwrites: hidden,
  })
  const secret = await table.channel({ name: 'The Plan', parent_id: category.id })
  expect(secret).toMatchObject({ name: 'the-plan', position: 0, permission_overwrites: hidden })
  const open = await table.channel({ name: 'Open', parent_id: category.id, permission_overwrites: [] })
  expect(open).toMatchObject({ position: 1, permission_overwrites: [] })
  const voice = await table.channel({ name: 'Loud Room', type: VOICE, bitrate: 96_000, user_limit: 5 })
  expect(voice).toMatchObject({ name: 'Loud Room', bitrate: 96_000, user_limit: 5 })
  await socket.waitFor('CHANNEL_CREATE', (event) => event.d.id === voice.id)
  expect(socket.received('CHANNEL_CREATE').map((channel) => channel.id)).toEqual([open.id, voice.id])

  const post = (body: object) => table.owner.api.post(`${table.path}/channels`, { name: 'x', ...body })
  const other = await Table.make()
  const foreign = await other.channel({ type: CATEGORY })
  expect(refused(await post({ parent_id: foreign.id }))).toEqual([400, 50_035])
  expect(refused(await post({ parent_id: table.general }))).toEqual([400, 50_035])
  expect(refused(await post({ type: CATEGORY, parent_id: category.id }))).toEqual([400, 50_035])
  expect(refused(await guest.api.post(`${table.path}/channels`, { name: 'x' }))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await table.owner.api.patch(`/channels/${voice.id}`, { type: TEXT }))).toEqual([400, 50_035])
  const patched = must(await table.owner.api.patch(`/channels/${open.id}`, { type: 5, topic: 'News' }), 200)
  expect(patched).toMatchObject({ type: 5, topic: 'News', name: 'open' })
  expect(must(await guest.api.get(`/channels/${open.id}`), 200)).toEqual(patched)
})

test('channels are ordered anew and moved; a category that goes leaves its channels', async () => {
  const table = await Table.make()
  const guest = await table.person()
  const category = await table.channel({ type: CATEGORY, name: 'One' })
  const hidden = [{ id: table.id, type: 0, allow: '0', deny: String(VIEW) }]
  const dark = await table.channel({ type: CATEGORY, name: 'Dark', permission_overwrites: hidden })
  const [a, b] = [await table.channel({ name: 'a' }), await table.channel({ name: 'b' })]
  using socket = await guest.connect()
  const move = (body: object) => table.owner.api.patch(`${table.path}/channels`, body)
  must(
    await move([
      { id: a.id, position: 7, parent_id: category.id },
      { id: b.id, parent_id: dark.id, lock_permissions: true },
      { id: table.general, position: 0 },
    ]),
    204,
  )
  expect(await table.channels()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: a.id, position: 7, parent_id: category.id }),
      expect.objectContaining({ id: b.id, parent_id: dark.id, permission_overwrites: hidden }),
    ]),
  )
  await socket.waitFor('CHANNEL_UPDATE', (event) => event.d.id === a.id && event.d.position === 7)
  await socket.waitFor('CHANNEL_DELETE', (event) => event.d.id === b.id)
  // `general` stood there already.
  expect(socket.received('CHANNEL_UPDATE').map((channel) => channel.id)).toEqual([a.id])
  expect(refused(await guest.api.patch(`${table.path}/channels`, []))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await move([{ id: '1234567890' }]))).toEqual([400, 50_035])

  must(await table.owner.api.delete(`/channels/${category.id}`), 200)
  await socket.waitFor('CHANNEL_DELETE', (event) => event.d.id === category.id)
  expect(socket.received('CHANNEL_UPDATE').at(-1)).toMatchObject({ id: a.id, parent_id: null })
  must(await table.owner.api.delete(`/channels/${table.general}`), 200)
  const update = (await socket.waitFor('GUILD_UPDATE')).d
  expect(update.system_channel_id).toBeNull()
  expect(refused(await guest.api.get(`/channels/${table.general}`))).toEqual([404, 10_003])
})

test('a category holds fifty channels, by whatever way they come', async () => {
  const table = await Table.make()
  const category = await table.channel({ type: CATEGORY })
  const made = await Promise.all(Array.from({ length: 51 }, () => table.channel({})))
  const move = (channels: Wire[]) =>
    table.owner.api.patch(
      `${table.path}/channels`,
      channels.map(({ id }) => ({ id, parent_id: category.id })),
    )
  expect(refused(await move(made))).toEqual([400, 50_035])
  must(await move(made.slice(0, 50)), 204)
  const last = made.at(-1)?.id
  expect(refused(await table.owner.api.patch(`/channels/${last}`, { parent_id: category.id }))).toEqual([
    400, 50_035,
  ])
  must(await move(made.slice(0, 50)), 204)
})

test('nobody grants or denies in a channel what they may not do', async () => {
  const table = await Table.make()
  const manager = await table.role(MANAGE_ROLES | MANAGE_CHANNELS)
  const mia = await table.person(manager)
  const guest = await table.person()
  using socket = await guest.connect()
  const path = `/channels/${table.general}/permissions`
  const put = (id: string, body: object) => mia.api.put(`${path}/${id}`, body)
  const allow = (bit: bigint) => ({ type: 1, allow: String(bit), deny: '0' })
  const deny = (bit: bigint) => ({ type: 1, allow: '0', deny: String(bit) })
  expect(refused(await put(guest.id, allow(MANAGE_MESSAGES)))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await put(guest.id, deny(MANAGE_MESSAGES)))).toEqual(MISSING_PERMISSIONS)
  // Whoever could hand on "manage permissions" would have everything.
  expect(refused(await put(guest.id, allow(MANAGE_ROLES)))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await put('1234567890', allow(VIEW)))).toEqual([404, 10_009])
  const stranger = await world.person()
  expect(refused(await put(stranger.id, allow(VIEW)))).toEqual([404, 10_009])
  expect(refused(await guest.api.put(`${path}/${guest.id}`, allow(VIEW)))).toEqual(MISSING_PERMISSIONS)
  const inBody = { permission_overwrites: [{ id: guest.id, ...allow(MANAGE_MESSAGES) }] }
  expect(refused(await mia.api.patch(`/channels/${table.general}`, inBody))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await mia.api.post(`${table.path}/channels`, { name: 'x', ...inBody }))).toEqual(
    MISSING_PERMISSIONS,
  )
  // What the owner set stays, and stays out of reach.
  must(await table.owner.api.put(`${path}/${guest.id}`, allow(MANAGE_MESSAGES)), 204)
  expect(refused(await mia.api.delete(`${path}/${guest.id}`))).toEqual(MISSING_PERMISSIONS)
  must(await put(table.id, { type: 0, allow: '0', deny: String(1n << 6n) }), 204)
  const updated = await socket.waitFor(
    'CHANNEL_UPDATE',
    (event) => event.d.permission_overwrites.length === 2,
  )
  expect(updated.d.permission_overwrites).toEqual([
    { id: guest.id, type: 1, allow: String(MANAGE_MESSAGES), deny: '0' },
    { id: table.id, type: 0, allow: '0', deny: '64' },
  ])
  must(await table.owner.api.delete(`${path}/${guest.id}`), 204)
  expect(refused(await table.owner.api.delete(`${path}/${guest.id}`))).toEqual([404, 10_009])
})

test('a hidden channel is not there, until it is shown', async () => {
  const table = await Table.make()
  const guest = await table.person()
  using socket = await guest.connect()
  const room = await table.channel({ name: 'secret' })
  await socket.waitFor('CHANNEL_CREATE', (event) => event.d.id === room.id)
  const message = await table.owner.say(room.id, 'psst')
  const overwrite = `/channels/${room.id}/permissions/${guest.id}`
  must(await table.owner.api.put(overwrite, { type: 1, deny: String(VIEW), allow: '0' }), 204)
  await socket.waitFor('CHANNEL_DELETE', (event) => event.d.id === room.id)
  expect((await table.channels(guest)).map((channel) => channel.id)).not.toContain(room.id)
  const paths = ['', '/messages', `/messages/${message.id}`, '/invites', '/messages/pins']
  for (const path of paths)
    expect(refused(await guest.api.get(`/channels/${room.id}${path}`)), path).toEqual(MISSING_ACCESS)
  expect(refused(await guest.api.post(`/channels/${room.id}/messages`, { content: 'x' }))).toEqual(
    MISSING_ACCESS,
  )
  expect(refused(await guest.api.post(`/channels/${room.id}/invites`, {}))).toEqual(MISSING_ACCESS)
  expect(refused(await guest.api.delete(`/channels/${room.id}`))).toEqual(MISSING_ACCESS)
  expect(refused(await guest.api.put(overwrite, { type: 1, allow: String(VIEW) }))).toEqual(MISSING_ACCESS)
  using later = await guest.connect()
  expect(JSON.stringify(later.ready)).not.toContain(room.id)

  must(await table.owner.api.delete(overwrite), 204)
  const shown = await socket.waitFor(
    'CHANNEL_CREATE',
    (event) => event.d.id === room.id && event.d.last_message_id === message.id,
  )
  expect(shown.d.permission_overwrites).toEqual([])
  must(await guest.api.get(`/channels/${room.id}/messages`), 200)
})

test('roles: only below one’s own, only what one has', async () => {
  const table = await Table.make()
  const [high, mid, low] = [
    await table.role(0n, 'high'),
    await table.role(MANAGE_ROLES, 'mid'),
    await table.role(0n, 'low'),
  ]
  const mia = await table.person(mid)
  const guest = await table.person()
  using socket = await guest.connect()
  const roles = `${table.path}/roles`
  const create = (permissions: bigint) => mia.api.post(roles, { name: 'x', permissions: String(permissions) })
  expect(refused(await create(MANAGE_MESSAGES))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await create(8n))).toEqual(MISSING_PERMISSIONS)
  const made = must(await create(MANAGE_ROLES), 200)
  expect((await socket.waitFor('GUILD_ROLE_CREATE')).d).toEqual({ guild_id: table.id, role: made })
  for (const id of [high, mid]) {
    expect(refused(await mia.api.patch(`${roles}/${id}`, { name: 'mine' }))).toEqual(MISSING_PERMISSIONS)
    expect(refused(await mia.api.delete(`${roles}/${id}`))).toEqual(MISSING_PERMISSIONS)
    for (const person of [mia, guest]) {
      const path = `${table.path}/members/${person.id}/roles/${id}`
      if (person !== mia || id !== mid) expect(refused(await mia.api.put(path))).toEqual(MISSING_PERMISSIONS)
    }
  }
  expect(refused(await mia.api.patch(`${roles}/${low}`, { permissions: '8' }))).toEqual(MISSING_PERMISSIONS)
  const everyone = await mia.api.patch(`${roles}/${table.id}`, { permissions: '8' })
  expect(refused(everyone)).toEqual(MISSING_PERMISSIONS)
  expect(refused(await mia.api.delete(`${roles}/${table.id}`))).toEqual([400, 50_028])
  expect(refused(await guest.api.post(roles, {}))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await mia.api.patch(`${roles}/1234567890`, {}))).toEqual([404, 10_011])

  const edited = must(await mia.api.patch(`${roles}/${low}`, { name: 'lower', color: 255, hoist: true }), 200)
  expect(edited).toMatchObject({ name: 'lower', color: 255, colors: { primary_color: 255 }, hoist: true })
  const update = await socket.waitFor('GUILD_ROLE_UPDATE', (event) => event.d.role.id === low)
  expect(update.d).toEqual({ guild_id: table.id, role: edited })
  must(await mia.api.put(`${table.path}/members/${guest.id}/roles/${low}`), 204)
  expect((await socket.waitFor('GUILD_MEMBER_UPDATE')).d).toMatchObject({
    guild_id: table.id,
    user: { id: guest.id },
    roles: [low],
  })
  expect(must(await mia.api.get(`${roles}/member-counts`), 200)).toMatchObject({
    [low]: 1,
    [mid]: 1,
    [high]: 0,
  })
  must(await mia.api.delete(`${roles}/${low}`), 204)
  expect((await socket.waitFor('GUILD_ROLE_DELETE')).d).toEqual({ guild_id: table.id, role_id: low })
  const member = must(await guest.api.get(`${table.path}/members/@me`), 200)
  expect(member.roles).toEqual([])
})

test('roles are ordered anew, but not past one’s own', async () => {
  const table = await Table.make()
  const [high, mid, low, last] = [
    await table.role(),
    await table.role(MANAGE_ROLES),
    await table.role(),
    await table.role(),
  ]
  const mia = await table.person(mid)
  using socket = await mia.connect()
  const path = `${table.path}/roles`
  const order = async () => (must(await mia.api.get(path), 200) as { id: string }[]).map((role) => role.id)
  expect(await order()).toEqual([table.id, last, low, mid, high])
  for (const move of [
    { id: low, position: 3 },
    { id: high, position: 1 },
    { id: mid, position: 4 },
    { id: mid, position: 1 },
  ])
    expect(refused(await mia.api.patch(path, [move])), JSON.stringify(move)).toEqual(MISSING_PERMISSIONS)
  const moved = must(await mia.api.patch(path, [{ id: last, position: 2 }]), 200)
  expect(moved.map((role: Wire) => [role.id, role.position])).toEqual([
    [table.id, 0],
    [low, 1],
    [last, 2],
    [mid, 3],
    [high, 4],
  ])
  expect(await order()).toEqual([table.id, low, last, mid, high])
  await socket.waitFor('GUILD_ROLE_UPDATE', (event) => event.d.role.id === high)
  const told = socket.received('GUILD_ROLE_UPDATE').map((event) => [event.role.id, event.role.position])
  // `low` has the number it had.
  expect(told.toSorted()).toEqual(
    moved
      .map((r: Wire) => [r.id, r.position])
      .slice(2)
      .toSorted(),
  )
  must(await table.owner.api.patch(path, [{ id: high, position: 1 }]), 200)
  expect(await order()).toEqual([table.id, high, low, last, mid])
  // Now it is below.
  must(await mia.api.patch(`${path}/${high}`, { name: 'fallen' }), 200)
})

test('kicks, bans and the end of a ban', async () => {
  const table = await Table.make()
  const boss = await table.role(0n, 'boss')
  const guard = await table.role(KICK | BAN, 'guard')
  const mia = await table.person(guard)
  const [bob, eve, top] = [await table.person(), await table.person(), await table.person(boss)]
  using guards = await mia.connect()
  using bobs = await bob.connect()
  using eves = await eve.connect()
  const member = (id: string) => `${table.path}/members/${id}`
  const ban = (id: string) => `${table.path}/bans/${id}`
  for (const target of [top.id, table.owner.id, mia.id]) {
    expect(refused(await mia.api.delete(member(target)))).toEqual(MISSING_PERMISSIONS)
    expect(refused(await mia.api.put(ban(target), {}))).toEqual(MISSING_PERMISSIONS)
  }
  expect(refused(await bob.api.delete(member(eve.id)))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await bob.api.put(ban(eve.id), {}))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await bob.api.get(`${table.path}/bans`))).toEqual(MISSING_PERMISSIONS)

  must(await mia.api.delete(member(bob.id)), 204)
  expect(refused(await bob.api.get(table.path))).toEqual([404, 10_004])
  expect((await bobs.waitFor('GUILD_DELETE')).d).toEqual({ id: table.id })
  expect((await guards.waitFor('GUILD_MEMBER_REMOVE')).d).toMatchObject({
    guild_id: table.id,
    user: { id: bob.id, username: bob.name },
  })
  expect(refused(await mia.api.delete(member(bob.id)))).toEqual([404, 10_007])
  // A kick is no ban.
  must(await bob.api.post(`/invites/${await table.invite()}`), 200)
  await bobs.waitFor('GUILD_CREATE', (event) => event.d.id === table.id)

  const reason = { 'x-audit-log-reason': 'spam%20again' }
  must(await mia.api.request('PUT', ban(eve.id), {}, reason), 204)
  await eves.waitFor('GUILD_DELETE')
  expect((await guards.waitFor('GUILD_BAN_ADD')).d).toMatchObject({
    guild_id: table.id,
    user: { id: eve.id },
  })
  await guards.waitFor('GUILD_MEMBER_REMOVE', (event) => event.d.user.id === eve.id)
  expect(bobs.received('GUILD_BAN_ADD')).toEqual([])
  const code = await table.invite()
  expect(refused(await eve.api.post(`/invites/${code}`))).toEqual([403, 40_007])
  const stranger = await world.person()
  must(await mia.api.put(ban(stranger.id), {}), 204)
  expect(refused(await stranger.api.post(`/invites/${code}`))).toEqual([403, 40_007])
  expect(refused(await mia.api.put(ban('1234567890'), {}))).toEqual([404, 10_013])
  const bans = must(await mia.api.get(`${table.path}/bans`), 200)
  expect(bans.map((one: { user: Wire; reason: string }) => [one.user.id, one.reason])).toEqual([
    [eve.id, 'spam again'],
    [stranger.id, null],
  ])
  expect(must(await mia.api.get(`${table.path}/bans?limit=1&after=${eve.id}`), 200)[0].user.id).toBe(
    stranger.id,
  )
  expect(must(await mia.api.get(ban(eve.id)), 200)).toMatchObject({ reason: 'spam again' })

  expect(refused(await bob.api.delete(ban(eve.id)))).toEqual(MISSING_PERMISSIONS)
  must(await mia.api.delete(ban(eve.id)), 204)
  expect((await guards.waitFor('GUILD_BAN_REMOVE')).d).toMatchObject({ user: { id: eve.id } })
  expect(refused(await mia.api.delete(ban(eve.id)))).toEqual([404, 10_026])
  expect(refused(await mia.api.get(ban(eve.id)))).toEqual([404, 10_026])
  must(await eve.api.post(`/invites/${code}`), 200)
})

test('timeouts: for those below, for a while, not for administrators', async () => {
  const table = await Table.make()
  const admin = await table.role(8n, 'admin')
  const guard = await table.role(MODERATE, 'guard')
  const under = await table.role(8n, 'admin, but lower')
  const mia = await table.person(guard)
  const [bob, boss, low] = [await table.person(), await table.person(admin), await table.person(under)]
  using socket = await bob.connect()
  const timeout = (person: Person, until: string | null, by = mia) =>
    by.api.patch(`${table.path}/members/${person.id}`, { communication_disabled_until: until })
  const inMs = (ms: number) => new Date(clockMs + ms).toISOString()
  for (const target of [boss, low, table.owner, mia])
    expect(refused(await timeout(target, inMs(60_000))), target.name).toEqual(MISSING_PERMISSIONS)
  expect(refused(await timeout(low, inMs(60_000), table.owner))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await timeout(mia, inMs(60_000), bob))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await timeout(bob, inMs(29 * 86_400_000)))).toEqual([400, 50_035])
  const until = inMs(60_000)
  must(await timeout(bob, until), 200)
  expect((await socket.waitFor('GUILD_MEMBER_UPDATE')).d).toMatchObject({
    user: { id: bob.id },
    communication_disabled_until: until,
  })
  const say = () => bob.api.post(`/channels/${table.general}/messages`, { content: 'x' })
  expect(refused(await say())).toEqual(MISSING_PERMISSIONS)
  must(await bob.api.get(`/channels/${table.general}/messages`), 200)
  expect(refused(await bob.api.patch(`${table.path}/members/@me`, { nick: 'x' }))).toEqual(
    MISSING_PERMISSIONS,
  )
  clockMs += 61_000
  must(await say(), 200)
  // Without a zone it is UTC, wherever the server stands.
  const local = inMs(60_000).replace('Z', '')
  expect(must(await timeout(bob, local), 200).communication_disabled_until).toBe(`${local}Z`)
  must(await timeout(bob, null), 200)
  must(await say(), 200)
})

test('nicknames: one’s own, and those of others below', async () => {
  const table = await Table.make()
  const boss = await table.person(await table.role(0n, 'boss'))
  const mia = await table.person(await table.role(MANAGE_NICKNAMES, 'namer'))
  const bob = await table.person()
  using socket = await boss.connect()
  const nick = (by: Person, id: string, name: string | null) =>
    by.api.patch(`${table.path}/members/${id}`, { nick: name })
  expect(must(await nick(bob, '@me', 'Bo'), 200)).toMatchObject({ nick: 'Bo', user: { id: bob.id } })
  expect((await socket.waitFor('GUILD_MEMBER_UPDATE')).d).toMatchObject({ nick: 'Bo', guild_id: table.id })
  expect(refused(await nick(bob, mia.id, 'x'))).toEqual(MISSING_PERMISSIONS)
  must(await nick(mia, bob.id, 'Robert'), 200)
  for (const target of [boss.id, table.owner.id])
    expect(refused(await nick(mia, target, 'x'))).toEqual(MISSING_PERMISSIONS)
  expect(must(await mia.api.get(`${table.path}/members/search?query=rob`), 200)).toHaveLength(1)
  expect(must(await nick(mia, bob.id, ''), 200).nick).toBeNull()
  expect(refused(await nick(mia, bob.id, 'x'.repeat(33)))).toEqual([400, 50_035])
  const everyone = BigInt(must(await mia.api.get(`${table.path}/roles/${table.id}`), 200).permissions)
  const without = { permissions: String(everyone & ~CHANGE_NICKNAME) }
  must(await table.owner.api.patch(`${table.path}/roles/${table.id}`, without), 200)
  expect(refused(await nick(bob, '@me', 'Bo'))).toEqual(MISSING_PERMISSIONS)
  must(await nick(mia, '@me', 'Mi'), 200)
  expect(refused(await nick(mia, '1234567890', 'x'))).toEqual([404, 10_007])
})

test('a guild is handed on, left, and deleted with all that was said in it', async () => {
  const table = await Table.make()
  const [bob, eve] = [await table.person(), await table.person()]
  const stranger = await world.person()
  const room = await table.channel({})
  const message = await bob.say(room.id, 'hello')
  must(await eve.api.put(`/channels/${room.id}/messages/${message.id}/reactions/%F0%9F%91%8D/@me`), 204)
  using socket = await eve.connect()
  using adas = await table.owner.connect()
  const owner = (by: Person, id: string) => by.api.patch(table.path, { owner_id: id })
  const leave = (by: Person) => by.api.delete(`/users/@me/guilds/${table.id}`)
  expect(refused(await owner(bob, bob.id))).toEqual(MISSING_PERMISSIONS)
  const manager = await table.role(8n)
  must(await table.owner.api.put(`${table.path}/members/${bob.id}/roles/${manager}`), 204)
  expect(refused(await owner(bob, bob.id))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await owner(table.owner, stranger.id))).toEqual([404, 10_007])
  expect(refused(await leave(table.owner))).toEqual([400, 50_055])
  expect(refused(await bob.api.delete(table.path))).toEqual(MISSING_PERMISSIONS)
  must(await owner(table.owner, bob.id), 200)
  expect((await socket.waitFor('GUILD_UPDATE')).d).toMatchObject({ id: table.id, owner_id: bob.id })
  expect(refused(await table.owner.api.delete(table.path))).toEqual(MISSING_PERMISSIONS)
  must(await leave(table.owner), 204)
  await adas.waitFor('GUILD_DELETE')
  expect((await socket.waitFor('GUILD_MEMBER_REMOVE')).d).toMatchObject({ user: { id: table.owner.id } })
  expect(refused(await leave(table.owner))).toEqual([404, 10_004])
  expect(must(await eve.api.get(`${table.path}?with_counts=1`), 200).approximate_member_count).toBe(2)
  must(await bob.api.delete(table.path), 204)
  expect((await socket.waitFor('GUILD_DELETE')).d).toEqual({ id: table.id })
  expect(refused(await eve.api.get(table.path))).toEqual([404, 10_004])
  expect(refused(await eve.api.get(`/channels/${room.id}/messages`))).toEqual([404, 10_003])
  expect(must(await eve.api.get('/users/@me/guilds'), 200)).toEqual([])
  for (const path of [table.path, `${table.path}/members`, `${table.path}/roles`])
    expect(refused(await bob.api.get(path))).toEqual([404, 10_004])
  using later = await eve.connect()
  expect(later.ready.guilds).toEqual([])
})

test('an invite lets in as many as it says, however many come at once', async () => {
  const table = await Table.make()
  using socket = await table.owner.connect()
  const once = must(
    await table.owner.api.post(`/channels/${table.general}/invites`, { max_uses: 1, unique: true }),
    200,
  )
  expect(once).toMatchObject({ max_uses: 1, uses: 0, max_age: 86_400, guild: { id: table.id } })
  expect((await socket.waitFor('INVITE_CREATE')).d).toMatchObject({
    code: once.code,
    guild_id: table.id,
    channel_id: table.general,
    max_uses: 1,
  })
  const crowd = await Promise.all(Array.from({ length: 8 }, () => world.person()))
  const answers = await Promise.all(crowd.map((person) => person.api.post(`/invites/${once.code}`)))
  expect(answers.map((answer) => answer.status).toSorted()).toEqual([200, ...Array(7).fill(404)])
  expect(answers.filter((answer) => answer.status === 404).map((answer) => answer.body.code)).toEqual(
    Array(7).fill(10_006),
  )
  expect((await socket.waitFor('INVITE_DELETE')).d).toEqual({
    guild_id: table.id,
    channel_id: table.general,
    code: once.code,
  })
  const joined = crowd[answers.findIndex((answer) => answer.status === 200)]
  expect((await socket.waitFor('GUILD_MEMBER_ADD')).d).toMatchObject({
    guild_id: table.id,
    user: { id: joined?.id },
    roles: [],
  })
  expect(socket.received('GUILD_MEMBER_ADD')).toHaveLength(1)
  const members: { user: { id: string } }[] = must(
    await table.owner.api.get(`${table.path}/members?limit=100`),
    200,
  )
  expect(members.map((member) => member.user.id)).toEqual([table.owner.id, joined?.id])
  expect(must(await table.owner.api.get(`${table.path}?with_counts=1`), 200).approximate_member_count).toBe(2)
})

test('an invite ends, is revoked, is given again, and tells what it leads to', async () => {
  const table = await Table.make()
  const [ada, bob] = [table.owner, await world.person()]
  const create = async (by: Person, body: object) => by.api.post(`/channels/${table.general}/invites`, body)
  const join = (code: string, person = bob) => person.api.post(`/invites/${code}`)
  expect(refused(await join('nosuchcode'))).toEqual([404, 10_006])
  expect(refused(await world.stranger.get('/invites/nosuchcode'))).toEqual([404, 10_006])

  const short = must(await create(ada, { max_age: 60 }), 200)
  expect(Date.parse(short.expires_at)).toBe(clockMs + 60_000)
  clockMs += 59_000
  must(await world.stranger.get(`/invites/${short.code}`), 200)
  clockMs += 2_000
  expect(refused(await join(short.code))).toEqual([404, 10_006])
  expect(refused(await world.stranger.get(`/invites/${short.code}`))).toEqual([404, 10_006])

  const lasting = must(await create(ada, { max_age: 0 }), 200)
  expect(lasting.expires_at).toBeNull()
  expect(must(await create(ada, { max_age: 0 }), 200).code).toBe(lasting.code)
  expect(must(await create(ada, { max_age: 0, unique: true }), 200).code).not.toBe(lasting.code)
  expect(must(await world.stranger.get(`/invites/${lasting.code}?with_counts=true`), 200)).toMatchObject({
    guild: { id: table.id, name: 'Table' },
    channel: { id: table.general, type: TEXT },
    inviter: { id: ada.id },
    approximate_member_count: 1,
  })
  expect(must(await world.stranger.get(`/invites/${lasting.code}`), 200)).not.toHaveProperty('uses')
  expect(refused(await bob.api.delete(`/invites/${lasting.code}`))).toEqual([404, 10_004])
  expect(must(await join(lasting.code), 200)).toMatchObject({ new_member: true })
  expect(must(await join(lasting.code), 200)).toMatchObject({ new_member: false })
  const listed = must(await ada.api.get(`${table.path}/invites`), 200)
  expect(listed.find((one: { code: string }) => one.code === lasting.code).uses).toBe(1)
  expect(refused(await bob.api.get(`${table.path}/invites`))).toEqual(MISSING_PERMISSIONS)
  expect(refused(await bob.api.delete(`/invites/${lasting.code}`))).toEqual(MISSING_PERMISSIONS)
  must(await ada.api.delete(`/invites/${lasting.code}`), 200)
  expect(refused(await join(lasting.code, await world.person()))).toEqual([404, 10_006])
  const revoked = [await ada.api.delete(`/invites/${lasting.code}`), await join(lasting.code)]
  expect(revoked.map(refused)).toEqual([
    [404, 10_006],
    [404, 10_006],
  ])

  const category = (await table.channels()).find((channel) => channel.type === CATEGORY)
  expect(refused(await ada.api.post(`/channels/${category?.id}/invites`, {}))).toEqual([400, 50_024])
  must(await ada.api.put(`/channels/${table.general}/permissions/${table.id}`, { type: 0, deny: '1' }), 204)
  expect(refused(await create(bob, {}))).toEqual(MISSING_PERMISSIONS)
  const bot = await world.bot('guest')
  expect(refused(await join(await table.invite({}), bot))).toEqual([403, 20_001])
})

test('settings change for everybody at once, and name only what is there', async () => {
  const table = await Table.make()
  const manager = await table.person(await table.role(MANAGE_GUILD))
  const guest = await table.person()
  using socket = await guest.connect()
  const room = await table.channel({ name: 'rules' })
  const voice = await table.channel({ type: VOICE })
  const body = {
    name: 'The long table',
    description: 'Sit down',
    verification_level: 1,
    default_message_notifications: 1,
    explicit_content_filter: 2,
    rules_channel_id: room.id,
    system_channel_id: room.id,
    afk_channel_id: voice.id,
    afk_timeout: 900,
    preferred_locale: 'zh-CN',
  }
  const changed = must(await manager.api.patch(table.path, body), 200)
  expect(changed).toMatchObject(body)
  const told = (await socket.waitFor('GUILD_UPDATE')).d
  expect(told).toEqual(changed)
  expect(must(await guest.api.get(table.path), 200)).toEqual(changed)
  expect(refused(await guest.api.patch(table.path, { name: 'Mine' }))).toEqual(MISSING_PERMISSIONS)
  const other = await Table.make()
  for (const wrong of [
    { system_channel_id: voice.id },
    { system_channel_id: other.general },
    { afk_channel_id: room.id },
    { afk_timeout: 1 },
    { name: '' },
    { verification_level: 9 },
    { icon: 'data:image/png;base64,bm8=' },
  ])
    expect((await table.owner.api.patch(table.path, wrong)).status, JSON.stringify(wrong)).toBe(400)
  must(await manager.api.patch(table.path, { description: null, system_channel_id: null }), 200)
  const last = await socket.waitFor('GUILD_UPDATE', (event) => event.d.description === null)
  expect(last.d).toMatchObject({ name: 'The long table', system_channel_id: null })
})

// biome-ignore lint/suspicious/noExplicitAny: events of every shape
type Event = { t: string; d: any }

/** What a client that follows Discord's documentation makes of GUILD_CREATE and the events after it. */
function addUp(guildId: string, events: readonly Event[]) {
  const start = events.find((event) => event.t === 'READY')?.d
  const created = start.guilds.find((guild: { id: string }) => guild.id === guildId)
  const byId = (list: { id: string }[]) => new Map(list.map((one) => [one.id, one]))
  let settings = created
  let count: number = created.member_count
  const roles = byId(created.roles)
  const channels = byId(created.channels)
  // biome-ignore lint/suspicious/noExplicitAny: members as they came
  const members = new Map<string, any>(created.members.map((one: any) => [one.user.id, one]))
  for (const { t, d } of events) {
    if (d.guild_id !== guildId && d.id !== guildId) continue
    if (t === 'GUILD_UPDATE') settings = { ...settings, ...d }
    if (t === 'GUILD_ROLE_CREATE' || t === 'GUILD_ROLE_UPDATE') roles.set(d.role.id, d.role)
    if (t === 'GUILD_ROLE_DELETE') {
      roles.delete(d.role_id)
      for (const [id, one] of members)
        members.set(id, { ...one, roles: one.roles.filter((role: string) => role !== d.role_id) })
    }
    if (t === 'CHANNEL_CREATE' || t === 'CHANNEL_UPDATE') channels.set(d.id, d)
    if (t === 'CHANNEL_DELETE') channels.delete(d.id)
    if (t === 'GUILD_MEMBER_ADD' || t === 'GUILD_MEMBER_UPDATE') {
      const { guild_id: _, ...member } = d
      members.set(d.user.id, member)
    }
    if (t === 'GUILD_MEMBER_REMOVE') members.delete(d.user.id)
    if (t === 'GUILD_MEMBER_ADD') count++
    if (t === 'GUILD_MEMBER_REMOVE') count--
  }
  const { name, owner_id, description, system_channel_id } = settings
  const sorted = <T extends { id?: string; user?: { id: string } }>(list: Iterable<T>) =>
    [...list].sort((a, b) => ((a.id ?? a.user?.id ?? '') < (b.id ?? b.user?.id ?? '') ? -1 : 1))
  return {
    settings: { name, owner_id, description, system_channel_id },
    count,
    roles: sorted(roles.values()),
    channels: sorted(channels.values()),
    members: sorted(members.values()),
  }
}

test('the events of a whole story make what a new connection is told', async () => {
  const table = await Table.make()
  const { owner } = table
  const guest = await table.person()
  using guests = await guest.connect()
  using owners = await owner.connect()
  const hidden = [{ id: table.id, type: 0, allow: '0', deny: String(VIEW) }]
  const category = await table.channel({ type: CATEGORY, name: 'Kitchen', permission_overwrites: hidden })
  const cooks = await table.channel({ name: 'cooks', parent_id: category.id })
  const cook = await table.role(0n, 'cook')
  const waiter = await table.role(0n, 'waiter')
  const bob = await table.person(waiter)
  const eve = await table.person()
  for (const id of [category.id, cooks.id])
    must(
      await owner.api.put(`/channels/${id}/permissions/${cook}`, { type: 0, allow: String(VIEW), deny: '0' }),
      204,
    )
  must(await owner.api.put(`${table.path}/members/${guest.id}/roles/${cook}`), 204)
  await owner.say(cooks.id, 'soup is ready')
  must(await owner.api.patch(`${table.path}/roles`, [{ id: waiter, position: 2 }]), 200)
  must(await owner.api.patch(`${table.path}/members/${bob.id}`, { nick: 'Bo', mute: true }), 200)
  must(await owner.api.put(`${table.path}/bans/${eve.id}`, {}), 204)
  must(await owner.api.delete(`${table.path}/roles/${waiter}`), 204)
  must(await owner.api.delete(`/channels/${table.general}`), 200)
  must(
    await owner.api.patch(`/channels/${category.id}`, { name: 'The kitchen', permission_overwrites: [] }),
    200,
  )
  must(await owner.api.delete(`${table.path}/members/${guest.id}/roles/${cook}`), 204)
  must(await owner.api.patch(table.path, { owner_id: bob.id, description: 'End' }), 200)
  const sockets = [guests, owners]
  for (const socket of sockets) await socket.waitFor('GUILD_UPDATE', (event) => event.d.description === 'End')
  for (const [index, person] of [guest, owner].entries()) {
    using later = await person.connect()
    const fresh = addUp(table.id, later.events)
    expect(addUp(table.id, sockets[index]?.events ?? [])).toEqual(fresh)
    expect(fresh.count).toBe(3)
  }
  expect(addUp(table.id, guests.events).channels.map((channel) => channel.id)).not.toContain(cooks.id)
})
