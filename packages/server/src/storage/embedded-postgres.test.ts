import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, expect, test, vi } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { processIdentity, readPidFile } from './embedded-process.ts'
import { StartupError } from './startup-error.ts'

const silent = { info() {}, warn() {}, error() {}, debug() {} }
const WAIT_MS = 20_000
vi.setConfig({ testTimeout: 60_000 })

const template = await mkdtemp(join(tmpdir(), 'convive-postgres-'))
afterAll(() => rm(template, { recursive: true }))

/** A data folder for one test; closes what was started in it, even when the test fails. */
async function createFolder() {
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-postgres-'))
  const started: EmbeddedPostgres[] = []
  return {
    dataDir,
    cluster: join(dataDir, 'cluster'),
    async start(port = 0) {
      const database = await startEmbeddedPostgres({ dataDir, port, log: silent })
      started.push(database)
      return database
    },
    async [Symbol.asyncDispose]() {
      for (const database of started) await database.stop()
      const left = await readPidFile(join(dataDir, 'cluster'))
      if (left !== null && (await processIdentity(left.pid)) !== null) process.kill(left.pid, 'SIGKILL')
      await rm(dataDir, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Like createFolder, with a stopped cluster in it: copied, as initdb takes over a second. */
async function createUsedFolder() {
  if ((await readdir(template)).length === 0) {
    const first = await startEmbeddedPostgres({ dataDir: template, log: silent })
    await first.stop()
  }
  const folder = await createFolder()
  await promisify(execFile)('cp', ['-a', `${template}/.`, folder.dataDir])
  return folder
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query({ text, rowMode: 'array' })
    return rows.flat()
  } finally {
    await client.end()
  }
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(20)
    }
  }
}

/** Starts the database in another process, as a server of ours would, and resolves once it is up. */
async function startElsewhere(dataDir: string) {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)}
    const log = { info() {}, warn() {}, error() {}, debug() {} }
    process.on('SIGTERM', () => process.exit(0))
    const { url, pid } = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log })
    console.log(JSON.stringify({ url, pid }))
    setInterval(() => {}, 1000)
  `
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = (await once(child.stdout, 'data')) as [Buffer]
  const { url, pid } = JSON.parse(output.toString()) as { url: string; pid: number }
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    await once(child, 'exit')
  }
  return { url, pid, parent: child.pid ?? 0, end }
}

test('a first start makes a cluster, a second one finds its data', async () => {
  await using folder = await createFolder()
  const first = await folder.start()
  await query(first.url, 'create table greeting as select 1 as id')
  expect(await query(first.url, 'select current_database()')).toEqual(['convive'])
  await first.stop()
  await first.stop()
  expect(await processIdentity(first.pid)).toBeNull()

  const second = await folder.start()
  expect(await query(second.url, 'select id from greeting')).toEqual([1])
})

test('it listens on loopback only, asks for the password, and syncs to disk', async () => {
  await using folder = await createUsedFolder()
  const { url } = await folder.start()
  const show = (name: string) => query(url, `show ${name}`)
  expect(await show('listen_addresses')).toEqual(['127.0.0.1'])
  expect(await show('unix_socket_directories')).toEqual([''])
  expect(await show('fsync')).toEqual(['on'])
  expect(await show('synchronous_commit')).toEqual(['on'])
  expect(await show('jit')).toEqual(['off'])
  expect(await show('server_encoding')).toEqual(['UTF8'])
  expect(await query(url, "select lower('ÄÉЖ')")).toEqual(['äéж'])
  const wrong = new URL(url)
  wrong.password = 'wrong'
  await expect(query(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/)
  expect((await stat(join(folder.dataDir, 'password'))).mode & 0o777).toBe(0o600)
})

test('PostgreSQL killed while running comes back under the same URL, with what was committed', async () => {
  await using folder = await createUsedFolder()
  const database = await folder.start()
  await query(database.url, 'create table kept as select 7 as id')
  const before = database.pid
  process.kill(before, 'SIGKILL')
  expect(await eventually(() => query(database.url, 'select id from kept'))).toEqual([7])
  await eventually(async () => expect(database.pid).not.toBe(before))
  await database.stop()
  expect(await readPidFile(folder.cluster)).toBeNull()
})

test('a PostgreSQL whose parent was killed is ended, and its data is there', async () => {
  await using folder = await createUsedFolder()
  const elsewhere = await startElsewhere(folder.dataDir)
  await query(elsewhere.url, 'create table orphaned as select 3 as id')
  await elsewhere.end('SIGKILL')
  expect(await processIdentity(elsewhere.pid)).not.toBeNull()

  const database = await folder.start()
  expect(await processIdentity(elsewhere.pid)).toBeNull()
  expect(await query(database.url, 'select id from orphaned')).toEqual([3])
})

test('both killed at once: the next start recovers', async () => {
  await using folder = await createUsedFolder()
  const elsewhere = await startElsewhere(folder.dataDir)
  await query(elsewhere.url, 'create table survived as select 5 as id')
  process.kill(elsewhere.pid, 'SIGKILL')
  await elsewhere.end('SIGKILL')
  const database = await folder.start()
  expect(await query(database.url, 'select id from survived')).toEqual([5])
})

test('a parent that exits without stopping takes PostgreSQL along', async () => {
  await using folder = await createUsedFolder()
  const elsewhere = await startElsewhere(folder.dataDir)
  await elsewhere.end('SIGTERM')
  await eventually(async () => expect(await processIdentity(elsewhere.pid)).toBeNull())
})

test('a second start on the same folder says who is running', async () => {
  await using folder = await createUsedFolder()
  const elsewhere = await startElsewhere(folder.dataDir)
  const second = folder.start()
  await expect(second).rejects.toThrow(StartupError)
  await expect(second).rejects.toThrow(`already running on ${folder.dataDir}, pid ${elsewhere.parent}`)
  expect(await query(elsewhere.url, 'select 1')).toEqual([1])
  await elsewhere.end('SIGKILL')

  const own = await folder.start()
  await expect(folder.start()).rejects.toThrow(`pid ${process.pid}.`)
  expect(await query(own.url, 'select 1')).toEqual([1])
})

test('a stale postmaster.pid is no obstacle, whether its pid is dead or another program by now', async () => {
  await using folder = await createUsedFolder()
  const other = spawn('sleep', ['60'])
  const dead = spawn('true')
  await once(dead, 'exit')
  for (const pid of [dead.pid, other.pid, process.pid]) {
    const lines = [pid, folder.cluster, 1700000000, 5432, '', '127.0.0.1', '  1234567  1', 'ready', '']
    await writeFile(join(folder.cluster, 'postmaster.pid'), lines.join('\n'))
    const database = await folder.start()
    expect(await query(database.url, 'select 1')).toEqual([1])
    await database.stop()
  }
  expect(other.exitCode).toBeNull()
  other.kill()
})

test('a lock left by a dead process is taken over, even when its pid was reused', async () => {
  await using folder = await createUsedFolder()
  const lock = join(folder.dataDir, 'convive.lock')
  const first = await folder.start()
  const held = JSON.parse(await readFile(lock, 'utf8')) as Record<string, unknown>
  await first.stop()
  await writeFile(lock, JSON.stringify({ ...held, identity: 'an earlier process with this pid' }))
  await (await folder.start()).stop()
  await writeFile(lock, 'cut off in the mid')
  await (await folder.start()).stop()
  await writeFile(lock, JSON.stringify({ ...held, namespace: 'a container that was killed' }))
  await (await folder.start()).stop()
})

test('a cluster of another major version is refused with what to do', async () => {
  await using folder = await createFolder()
  await mkdir(folder.cluster)
  await writeFile(join(folder.cluster, 'PG_VERSION'), '15\n')
  await writeFile(join(folder.dataDir, 'password'), 'irrelevant\n')
  const start = folder.start()
  await expect(start).rejects.toThrow(StartupError)
  await expect(start).rejects.toThrow(/written by PostgreSQL 15, this is 18/)
  // The refusal lets go of the lock.
  await expect(folder.start()).rejects.toThrow(/written by PostgreSQL 15/)
})

test('a folder that cannot be written is named', async () => {
  await using folder = await createFolder()
  const file = join(folder.dataDir, 'a-file')
  await writeFile(file, '')
  const below = startEmbeddedPostgres({ dataDir: join(file, 'data'), log: silent })
  await expect(below).rejects.toThrow(StartupError)
  await expect(below).rejects.toThrow(/a-file.*part of the path is a file/)
  await expect(startEmbeddedPostgres({ dataDir: file, log: silent })).rejects.toThrow(StartupError)
})

test('initdb that died in the middle is begun anew', async () => {
  await using folder = await createFolder()
  const half = join(folder.dataDir, 'cluster.init-Ab12Cd')
  await mkdir(join(half, 'cluster', 'base'), { recursive: true })
  await writeFile(join(half, 'cluster', 'PG_VERSION'), '18\n')
  const database = await folder.start()
  expect(await query(database.url, 'select 1')).toEqual([1])
  await expect(stat(half)).rejects.toThrow('ENOENT')
})

test('a demanded port is used, and when taken said so', async () => {
  await using folder = await createUsedFolder()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const taken = folder.start(port)
  await expect(taken).rejects.toThrow(StartupError)
  await expect(taken).rejects.toThrow(`Port ${port} on 127.0.0.1 is taken`)
  server.close()
  await once(server, 'close')
  const database = await folder.start(port)
  expect(new URL(database.url).port).toBe(String(port))
})

test('a lost password, and a folder that is no cluster, are told apart from a first start', async () => {
  await using folder = await createUsedFolder()
  await unlink(join(folder.dataDir, 'password'))
  await expect(folder.start()).rejects.toThrow(/password.*is missing: restore it/)

  await using strange = await createFolder()
  await writeFile(join(strange.dataDir, 'password'), 'some\n')
  await mkdir(strange.cluster)
  await writeFile(join(strange.cluster, 'holiday.jpg'), '')
  await expect(strange.start()).rejects.toThrow(/is not a PostgreSQL cluster/)
})

test.runIf(process.getuid?.() === 0)(
  'as root, a closed parent folder moves the cluster elsewhere',
  async () => {
    await using folder = await createFolder()
    const closed = join(folder.dataDir, 'closed')
    await mkdir(closed)
    await chmod(closed, 0o700)
    const dataDir = join(closed, 'postgres')
    const first = await startEmbeddedPostgres({ dataDir, log: silent })
    const cluster = (await readFile(join(dataDir, 'cluster-location'), 'utf8')).trim()
    try {
      await query(first.url, 'create table moved as select 9 as id')
      await first.stop()
      const second = await startEmbeddedPostgres({ dataDir, log: silent })
      expect(await query(second.url, 'select id from moved')).toEqual([9])
      await second.stop()
    } finally {
      await first.stop()
      await rm(join(cluster, '..'), { recursive: true })
    }
    await expect(startEmbeddedPostgres({ dataDir, log: silent })).rejects.toThrow(/is not there: restore it/)
  },
)
