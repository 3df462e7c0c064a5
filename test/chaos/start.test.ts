import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, inject, test } from 'vitest'
import { makeDatabase, onServer } from '../databases.ts'
import { type Ended, freePort, makeDataDir, ServerProcess } from './server-process.ts'

const MINUTE_MS = 60_000

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function dataDir(): Promise<string> {
  const folder = await makeDataDir()
  folders.push(folder)
  return folder
}

/** Settings on a database of the test run's server: nothing of our own has to start first. */
async function settings(more: Record<string, string> = {}) {
  const database = await makeDatabase(inject('postgresUrl'))
  return {
    database,
    env: {
      CONVIVE_DATA: await dataDir(),
      CONVIVE_PORT: '0',
      CONVIVE_BUNDLED_MODEL: 'false',
      DATABASE_URL: database.url,
      ...more,
    },
    [Symbol.asyncDispose]: () => database.drop(),
  }
}

function changed(url: string, parts: Partial<Record<'port' | 'password' | 'pathname', string>>): string {
  return Object.assign(new URL(url), parts).toString()
}

/** Starts it, expects that it gives up, and ends with the lines that it says: one, unless more is wrong. */
async function refusal(env: Record<string, string>, lineCount = 1): Promise<string> {
  await using server = new ServerProcess(env)
  const ended: Ended = await server.ended
  expect(ended.code).toBe(1)
  const lines = ended.stderr.trim().split('\n')
  expect(lines).toHaveLength(lineCount)
  expect(lines[0]).toMatch(/^convive: /)
  expect(ended.stdout).not.toContain('running at')
  return lines.join('\n')
}

test(
  'a taken port',
  async () => {
    await using given = await settings()
    const other = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    try {
      const line = await refusal({ ...given.env, CONVIVE_PORT: String(port) })
      expect(line).toContain(`port ${port} is taken`)
      expect(line).toContain('CONVIVE_PORT')
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  },
  MINUTE_MS,
)

test(
  'an address that is not this machine’s',
  async () => {
    await using given = await settings({ CONVIVE_HOST: '203.0.113.7' })
    expect(await refusal(given.env)).toMatch(/203\.0\.113\.7.*CONVIVE_HOST/)
  },
  MINUTE_MS,
)

test(
  'a data folder that cannot be',
  async () => {
    await using given = await settings()
    const file = join(await dataDir(), 'a-file')
    await writeFile(file, '')
    for (const env of [given.env, { ...given.env, DATABASE_URL: '' }]) {
      const line = await refusal({ ...env, CONVIVE_DATA: join(file, 'data') })
      expect(line).toContain(file)
    }
  },
  MINUTE_MS,
)

test.skipIf(process.getuid?.() === 0)(
  'a data folder that may not be written',
  async () => {
    await using given = await settings({ CONVIVE_DATA: '/convive-data' })
    expect(await refusal(given.env)).toContain('/convive-data')
  },
  MINUTE_MS,
)

test(
  'a data folder that another Convive uses',
  async () => {
    const env = { CONVIVE_DATA: await dataDir(), CONVIVE_PORT: '0', CONVIVE_BUNDLED_MODEL: 'false' }
    await using first = await ServerProcess.start(env)
    expect(await refusal(env)).toContain(
      `already running on ${join(env.CONVIVE_DATA, 'postgres')}, pid ${first.pid}`,
    )
  },
  2 * MINUTE_MS,
)

test(
  'a database newer than the program',
  async () => {
    await using given = await settings()
    const client = new pg.Client({ connectionString: given.database.url })
    await client.connect()
    await client.query("INSERT INTO migrations (name) VALUES ('9999-from-the-future.sql')")
    await client.end()
    expect(await refusal(given.env)).toMatch(/newer than this program.*9999-from-the-future/)
  },
  MINUTE_MS,
)

test(
  'wrong settings are named, each with what is wrong',
  async () => {
    await using given = await settings()
    const wrong: Record<string, string> = {
      CONVIVE_PORT: 'eighty',
      CONVIVE_LOG: 'loud',
      CONVIVE_URL: 'chat.example.org',
      CONVIVE_SECRET: 'dG9vIHNob3J0',
      CONVIVE_RATE_LIMITS: 'perhaps',
      DATABASE_URL: 'my-database',
      NATS_URL: 'nats://[',
    }
    const lines = await refusal({ ...given.env, ...wrong }, Object.keys(wrong).length)
    for (const name of Object.keys(wrong)) expect(lines).toContain(`${name}: `)
    expect(await refusal({ ...given.env, CONVIVE_ROLES: 'api,cook' })).toContain('CONVIVE_ROLES: ')
  },
  2 * MINUTE_MS,
)

test(
  'a database that is not there, does not let us in, or is none',
  async () => {
    await using given = await settings()
    const { url } = given.database
    const nowhere = changed(url, { port: String(await freePort()) })
    expect(await refusal({ ...given.env, DATABASE_URL: nowhere })).toMatch(
      /cannot reach the database.*127\.0\.0\.1/,
    )
    const password = changed(url, { password: 'wrong' })
    const refused = await refusal({ ...given.env, DATABASE_URL: password })
    expect(refused).toMatch(/database.*password/)
    expect(refused).not.toContain('wrong')
    const missing = changed(url, { pathname: '/no-such-database' })
    expect(await refusal({ ...given.env, DATABASE_URL: missing })).toMatch(/database.*no-such-database/)
    const unknown = url.replace('127.0.0.1', 'no-such-host.invalid')
    expect(await refusal({ ...given.env, DATABASE_URL: unknown })).toContain('no-such-host.invalid')
    const silent = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = String(typeof address === 'object' && address ? address.port : 0)
    expect(await refusal({ ...given.env, DATABASE_URL: changed(url, { port }) })).toContain('database')
    await new Promise((resolve) => silent.close(resolve))
  },
  2 * MINUTE_MS,
)

test(
  'a user of the database that may not make tables',
  async () => {
    await using given = await settings()
    const server = inject('postgresUrl')
    const name = `guest_${randomBytes(4).toString('hex')}`
    await onServer(server, `CREATE DATABASE ${name}`)
    await onServer(server, `CREATE ROLE ${name} LOGIN PASSWORD 'guest'`)
    try {
      const url = Object.assign(new URL(server), { pathname: `/${name}`, username: name, password: 'guest' })
      expect(await refusal({ ...given.env, DATABASE_URL: url.toString() })).toMatch(
        /database.*permission denied/,
      )
    } finally {
      await onServer(server, `DROP DATABASE ${name}`)
      await onServer(server, `DROP ROLE ${name}`)
    }
  },
  MINUTE_MS,
)

test(
  'NATS that is not there',
  async () => {
    await using given = await settings({ NATS_URL: `nats://127.0.0.1:${await freePort()}` })
    expect(await refusal(given.env)).toMatch(/cannot reach NATS/)
  },
  MINUTE_MS,
)
