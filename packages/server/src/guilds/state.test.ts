import pino from 'pino'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { makeDatabase } from '../../../../test/databases.ts'
import { createLocalBus } from '../bus/local.ts'
import { createDatabase, type Database, mintId, type Tx } from '../storage/database.ts'
import { bumpGuild, emitChanges } from './bump.ts'
import { removeMember } from './members.ts'
import { dropRole } from './roles.ts'
import { GuildStates } from './state.ts'
import { guildRow, loadGuild, memberState, readGuild, roleState } from './state-load.ts'
import { GUILD_TEXT, guildToWire, roleToWire } from './wire.ts'

const POLL_MS = 10
const bus = createLocalBus((error) => {
  throw error
})
const log = pino({ level: 'silent' })
let database: Awaited<ReturnType<typeof makeDatabase>>
let db: Database

beforeAll(async () => {
  database = await makeDatabase(inject('postgresUrl'))
  db = createDatabase({
    url: database.url,
    poolSize: 6,
    bus,
    onError: () => {},
    applicationName: 'convive:test',
  })
})

afterAll(async () => {
  await db.destroy()
  await database.drop()
})

async function makeUser(): Promise<string> {
  const id = await mintId(db)
  await db
    .insertInto('users')
    .values({ id, kind: 'person', username: `u${id}` })
    .execute()
  return id
}

/** A guild with its owner, one more member and one channel. */
async function makeGuild() {
  const [ownerId, memberId, id] = [await makeUser(), await makeUser(), await mintId(db)]
  await db.insertInto('guilds').values({ id, name: 'Table', owner_id: ownerId }).execute()
  await db.insertInto('roles').values({ id, guild_id: id, name: '@everyone', permissions: 1024n }).execute()
  const members = [ownerId, memberId].map((user_id) => ({ guild_id: id, user_id }))
  await db.insertInto('members').values(members).execute()
  const channel = { guild_id: id, type: GUILD_TEXT, name: 'general' }
  const { id: channelId } = await db
    .insertInto('channels')
    .values(channel)
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, ownerId, memberId, channelId }
}

async function addRole(tx: Tx | Database, guildId: string, name: string) {
  const row = await tx
    .insertInto('roles')
    .values({ guild_id: guildId, name })
    .returningAll()
    .executeTakeFirstOrThrow()
  return {
    id: row.id,
    change: {
      type: 'GUILD_ROLE_CREATE',
      data: { guild_id: guildId, role: roleToWire(roleState(row)) },
    },
  }
}

async function rename(tx: Tx, guildId: string, name: string) {
  const row = await tx
    .updateTable('guilds')
    .set({ name })
    .where('id', '=', guildId)
    .returningAll()
    .executeTakeFirstOrThrow()
  const guild = await readGuild(tx, guildId)
  if (!guild) throw new Error('no guild')
  return { type: 'GUILD_UPDATE', data: guildToWire({ ...guild, row: guildRow(row) }) }
}

/** What a listener is told: the event's type (`reload` where the state was read anew) and the versions around it. */
async function hear(states: GuildStates, guildId: string) {
  const heard: string[] = []
  const listening = await states.listen(guildId, (event, before, after) => {
    heard.push(`${event?.type ?? 'reload'} ${before?.version ?? '-'} ${after?.version ?? '-'}`)
  })
  return { heard, [Symbol.dispose]: () => listening[Symbol.dispose]() }
}

/** Nobody reads the table until it is let go; `read` resolves once somebody tries. */
async function block(table: string) {
  const client = await db.pool.connect()
  await client.query('BEGIN')
  await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
  return {
    async read() {
      for (;;) {
        const { rows } = await client.query(
          `SELECT 1 FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`,
        )
        if (rows.length > 0) return
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    async letGo() {
      await client.query('COMMIT')
      client.release()
    },
  }
}

test('what is kept by events is what is read', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  await states.find(guild.id)
  const roleId = await db.transact(async (tx) => {
    const role = await addRole(tx, guild.id, 'cook')
    await emitChanges(tx, guild.id, [role.change])
    return role.id
  })
  await db.transact(async (tx) => {
    const other = await addRole(tx, guild.id, 'guest')
    await emitChanges(tx, guild.id, [other.change, await rename(tx, guild.id, 'Long table')])
  })
  expect(states.peek(guild.id)).toEqual(await loadGuild(db, guild.id))
  expect(states.peek(guild.id)?.roles.get(roleId)?.name).toBe('cook')
  await db.transact(async (tx) => {
    const known = await readGuild(tx, guild.id)
    if (known) await emitChanges(tx, guild.id, await dropRole(tx, known, roleId))
  })
  expect(states.peek(guild.id)).toEqual(await loadGuild(db, guild.id))
  expect(states.peek(guild.id)).toMatchObject({ version: 4n, row: { name: 'Long table' } })
})

test('an event ahead of what is known waits until the guild is read anew', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  using listener = await hear(states, guild.id)
  // A change that was never heard of: made by a node whose message was lost.
  await db.transact(async (tx) => {
    await bumpGuild(tx, guild.id)
    await addRole(tx, guild.id, 'unheard')
  })
  bus.publish({ id: 'a', type: 'MESSAGE_CREATE', audience: { guildId: guild.id }, data: {}, version: '1' })
  expect(listener.heard).toEqual([])
  const state = await states.find(guild.id)
  expect([...(state?.roles.values() ?? [])].map((role) => role.name)).toContain('unheard')
  expect(listener.heard).toEqual(['reload 0 1', 'MESSAGE_CREATE 1 1'])
})

test('changes that come in the wrong order, or twice, end in what is read', async () => {
  const guild = await makeGuild()
  const other = createLocalBus(() => {})
  const states = new GuildStates(db, other, log)
  using listener = await hear(states, guild.id)
  const heard: Parameters<typeof bus.publish>[0][] = []
  using _ = await bus.subscribe(`guild.${guild.id}`, (event) => void heard.push(event))
  for (const name of ['first', 'second'])
    await db.transact(async (tx) => {
      await emitChanges(tx, guild.id, [(await addRole(tx, guild.id, name)).change])
    })
  for (const event of heard.toReversed()) other.publish(event)
  await states.find(guild.id)
  // The database had both already: neither is applied again.
  expect(listener.heard).toEqual(['reload 0 2', 'GUILD_ROLE_CREATE 2 2', 'GUILD_ROLE_CREATE 2 2'])
  for (const event of heard) other.publish(event)
  expect(listener.heard.slice(3)).toEqual(['GUILD_ROLE_CREATE 2 2', 'GUILD_ROLE_CREATE 2 2'])
  expect(states.peek(guild.id)).toEqual(await loadGuild(db, guild.id))
})

test('events during a read are heard after it, in their order', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  using listener = await hear(states, guild.id)
  const publish = (type: string) =>
    bus.publish({ id: type, type, audience: { guildId: guild.id }, data: {}, version: '0' })
  const blocked = await block('channels')
  const reading = states.refresh(guild.id)
  await blocked.read()
  for (const type of ['one', 'two', 'three']) publish(type)
  expect(states.peek(guild.id)).toBeNull()
  expect(listener.heard).toEqual([])
  await blocked.letGo()
  await reading
  publish('four')
  expect(listener.heard).toEqual(['one 0 0', 'two 0 0', 'three 0 0', 'four 0 0'])
})

test('a refresh during a read reads once more, so that it sees what the first could not', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  await states.find(guild.id)
  const blocked = await block('channels')
  const first = states.refresh(guild.id)
  await blocked.read()
  // The first read has its snapshot by now.
  await db.updateTable('guilds').set({ name: 'New' }).where('id', '=', guild.id).execute()
  const second = states.refresh(guild.id)
  await blocked.letGo()
  expect((await second)?.row.name).toBe('New')
  expect((await first)?.row.name).toBe('New')
})

test('a kick is seen at once', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  expect(await states.findMember(guild.id, guild.memberId)).toMatchObject({ userId: guild.memberId })
  expect(states.peekMember(guild.id, guild.memberId)).not.toBeNull()
  await db.transact((tx) => removeMember(tx, guild.id, guild.memberId))
  expect(states.peekMember(guild.id, guild.memberId)).toBeNull()
  expect(await states.findMember(guild.id, guild.memberId)).toBeNull()
  expect(await states.findMember(guild.id, guild.ownerId)).not.toBeNull()
})

test('members in memory give way to changes', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  const role = await addRole(db, guild.id, 'cook')
  const change = (nick: string) =>
    db.transact(async (tx) => {
      const row = await tx
        .updateTable('members')
        .set({ nick, role_ids: [role.id] })
        .where('guild_id', '=', guild.id)
        .where('user_id', '=', guild.memberId)
        .returningAll()
        .executeTakeFirstOrThrow()
      const { nick: name, roleIds } = memberState(row)
      const data = { guild_id: guild.id, user: { id: guild.memberId }, nick: name, roles: roleIds }
      await emitChanges(tx, guild.id, [{ type: 'GUILD_MEMBER_UPDATE', data }])
    })
  await states.findMember(guild.id, guild.memberId)
  await states.findMember(guild.id, guild.ownerId)
  await change('Bo')
  expect(states.peekMember(guild.id, guild.memberId)).toBeNull()
  expect(states.peekMember(guild.id, guild.ownerId)).not.toBeNull()
  expect(await states.findMember(guild.id, guild.memberId)).toMatchObject({ nick: 'Bo', roleIds: [role.id] })
  // Whoever had the role has it no more, and no event says who that was.
  await db.transact(async (tx) => {
    const known = await readGuild(tx, guild.id)
    if (known) await emitChanges(tx, guild.id, await dropRole(tx, known, role.id))
  })
  expect(states.peekMember(guild.id, guild.ownerId)).toBeNull()
  expect(await states.findMember(guild.id, guild.memberId)).toMatchObject({ nick: 'Bo', roleIds: [] })
})

test('a member that was read while it changed is not kept', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  await states.find(guild.id)
  const blocked = await block('members')
  const finding = states.findMember(guild.id, guild.memberId)
  await blocked.read()
  const data = { guild_id: guild.id, user: { id: guild.ownerId } }
  await db.transact((tx) => emitChanges(tx, guild.id, [{ type: 'GUILD_MEMBER_UPDATE', data }]))
  await blocked.letGo()
  expect(await finding).not.toBeNull()
  expect(states.peekMember(guild.id, guild.memberId)).toBeNull()
})

test('what may have been missed is read again', async () => {
  const guild = await makeGuild()
  let gap = () => {}
  const quiet = { ...createLocalBus(() => {}), onGap: (handler: () => void) => listen(handler) }
  const listen = (handler: () => void) => {
    gap = handler
    return { [Symbol.dispose]: () => {} }
  }
  const states = new GuildStates(db, quiet, log)
  using listener = await hear(states, guild.id)
  await states.findMember(guild.id, guild.memberId)
  await db.transact(async (tx) => emitChanges(tx, guild.id, [await rename(tx, guild.id, 'Other')]))
  await db.transact((tx) => removeMember(tx, guild.id, guild.memberId))
  expect(states.peek(guild.id)?.row.name).toBe('Table')
  gap()
  expect((await states.find(guild.id))?.row.name).toBe('Other')
  expect(await states.findMember(guild.id, guild.memberId)).toBeNull()
  expect(listener.heard).toEqual(['reload 0 2'])
})

test('a guild that is deleted is gone at once, and stays so', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  using listener = await hear(states, guild.id)
  await states.findMember(guild.id, guild.memberId)
  await db.transact(async (tx) => {
    await emitChanges(tx, guild.id, [{ type: 'GUILD_DELETE', data: { id: guild.id } }])
    await tx.deleteFrom('guilds').where('id', '=', guild.id).execute()
  })
  expect(states.peek(guild.id)).toBeNull()
  expect(await states.find(guild.id)).toBeNull()
  expect(states.peekMember(guild.id, guild.memberId)).toBeNull()
  expect(await states.findMember(guild.id, guild.memberId)).toBeNull()
  expect(listener.heard).toEqual(['GUILD_DELETE 0 -'])
  // An echo of what was before must not bring it back.
  bus.publish({ id: 'late', type: 'late', audience: { guildId: guild.id }, data: {}, version: '9' })
  expect(listener.heard.slice(1)).toEqual(['late - -'])
  expect(await states.find('1234567890')).toBeNull()
  expect(await states.findMember('1234567890', guild.ownerId)).toBeNull()
})

test('a listener that fails does not keep others from hearing; one that stopped hears nothing', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  using _ = await states.listen(guild.id, () => {
    throw new Error('broken')
  })
  const stopped = await hear(states, guild.id)
  stopped[Symbol.dispose]()
  using listener = await hear(states, guild.id)
  await db.transact(async (tx) => emitChanges(tx, guild.id, [await rename(tx, guild.id, 'Other')]))
  expect(listener.heard).toEqual(['GUILD_UPDATE 0 1'])
  expect(stopped.heard).toEqual([])
})

test('a database that fails is tried again for listeners, and fails those who ask meanwhile', async () => {
  const guild = await makeGuild()
  const heardBefore = new GuildStates(db, bus, log)
  using listener = await hear(heardBefore, guild.id)
  const unknown = new GuildStates(db, bus, log)
  await db.pool.query('ALTER TABLE roles RENAME TO roles_away')
  const refreshing = heardBefore.refresh(guild.id)
  await expect(unknown.find(guild.id)).rejects.toThrow('roles')
  await expect(unknown.listen(guild.id, () => {})).rejects.toThrow('roles')
  await db.pool.query('ALTER TABLE roles_away RENAME TO roles')
  await db.updateTable('guilds').set({ version: '5' }).where('id', '=', guild.id).execute()
  expect(await refreshing).toMatchObject({ version: 5n })
  expect(listener.heard).toEqual(['reload 0 5'])
  expect(await unknown.find(guild.id)).toMatchObject({ version: 5n })
})

test('where a channel belongs', async () => {
  const guild = await makeGuild()
  const states = new GuildStates(db, bus, log)
  const dm = await db.insertInto('channels').values({ type: 1 }).returning('id').executeTakeFirstOrThrow()
  expect(await states.findHome(guild.channelId)).toBe(guild.id)
  expect(await states.findHome(dm.id)).toBe('')
  expect(await states.findHome('1234567890')).toBeNull()
})
