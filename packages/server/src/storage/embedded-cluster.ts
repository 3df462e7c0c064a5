import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './embedded-binaries.ts'
import { connectClient, DATABASE, SUPERUSER } from './embedded-client.ts'
import type { Place, StartupLog } from './embedded-place.ts'
import { errorCode, StartupError, startupErrorFrom } from './startup-error.ts'

const STAGING = 'cluster.init-'
const MAX_OUTPUT_BYTES = 1024 * 1024

/**
 * What a small server wants, written once into postgresql.conf, where the operator may change it. No parallel
 * workers: they need /dev/shm, which containers keep small. Full durability: an acknowledged message survives.
 */
const settings = {
  shared_buffers: '128MB',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  commit_delay: '0',
  wal_compression: 'on',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  random_page_cost: '1.1',
  log_checkpoints: 'off',
  log_min_messages: 'log',
  log_line_prefix: '%m [%p] ',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const

/** What PostgreSQL's programs see of our environment: no PG… variables, and none of our secrets. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const root = process.env.SystemRoot
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LC_ALL: 'C',
    ...(root === undefined ? {} : { SystemRoot: root }),
  }
}

/** Makes the cluster unless it is there, and refuses one that another major version of PostgreSQL wrote. */
export async function prepareCluster(
  place: Place,
  password: string,
  binaries: Binaries,
  log: StartupLog,
): Promise<void> {
  await removeStaging(place)
  const version = await readFile(join(place.cluster, 'PG_VERSION'), 'utf8').catch(errorCode)
  if (version === 'ENOENT') return createCluster(place, password, binaries, log)
  if (version === 'EACCES' || version === 'EPERM') {
    throw new StartupError(`Cannot read the database in ${place.cluster}: it belongs to another user.`)
  }
  if (version === 'ENOTDIR') throw new StartupError(`${place.cluster} is a file where a folder should be.`)
  if (version.trim() !== binaries.major) {
    throw new StartupError(
      `The database in ${place.cluster} was written by PostgreSQL ${version.trim()}, this is ${binaries.major}: ` +
        'dump it with the Convive that wrote it (convive backup), then restore into an empty data folder.',
    )
  }
}

/** What an initdb that died in the middle left behind. */
async function removeStaging(place: Place): Promise<void> {
  for (const name of await readdir(place.home)) {
    if (name.startsWith(STAGING)) await rm(join(place.home, name), { recursive: true, force: true })
  }
}

async function createCluster(
  place: Place,
  password: string,
  binaries: Binaries,
  log: StartupLog,
): Promise<void> {
  await requireAbsent(place.cluster)
  const { home, runAs } = place
  try {
    const staging = await mkdtemp(join(home, STAGING))
    const passwordFile = join(staging, 'password')
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
    if (runAs !== null) {
      await chown(passwordFile, runAs.uid, runAs.gid)
      await chown(staging, runAs.uid, runAs.gid)
    }
    const fresh = join(staging, 'cluster')
    await runInitdb(fresh, passwordFile, place, binaries)
    await createDatabase(fresh, place, binaries)
    await runProgram(binaries.initdb, ['--sync-only', '-D', fresh], fresh, place)
    // The rename is what makes the cluster exist: there is never half of one.
    await rename(fresh, place.cluster)
    await syncFolder(home)
    await rm(staging, { recursive: true })
  } catch (cause) {
    await removeStaging(place)
    const owner = runAs === null ? '' : ` as user ${runAs.name}`
    throw startupErrorFrom(cause, `Cannot make the database in ${home}${owner}`)
  }
  log.info({ cluster: place.cluster, runAs: runAs?.name }, 'made a new PostgreSQL cluster')
}

async function requireAbsent(cluster: string): Promise<void> {
  const found = await readdir(cluster).catch(errorCode)
  if (found === 'ENOENT' || found.length === 0) return
  throw new StartupError(
    `${cluster} is not a PostgreSQL cluster (no PG_VERSION) but not empty: move it away.`,
  )
}

async function runInitdb(
  target: string,
  passwordFile: string,
  place: Place,
  binaries: Binaries,
): Promise<void> {
  const flags = [
    `--pgdata=${target}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The built-in provider sorts alike on every system, so a folder may move between machines.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-sync',
    ...Object.entries(settings).map(([name, value]) => `--set=${name}=${value}`),
  ]
  await runProgram(binaries.initdb, flags, target, place)
}

/** Before the cluster is synced to disk, which is a third of what it costs afterwards. */
async function createDatabase(target: string, place: Place, binaries: Binaries): Promise<void> {
  const flags = ['--single', '-F', '-D', target, 'template1']
  await runProgram(binaries.postgres, flags, target, place, `create database ${DATABASE}\n`)
}

/** Runs one of PostgreSQL's programs to its end, as the cluster's user. */
async function runProgram(
  path: string,
  flags: string[],
  target: string,
  { runAs }: Place,
  input = '',
): Promise<void> {
  const identity = runAs === null ? {} : { uid: runAs.uid, gid: runAs.gid }
  const options = { ...identity, cwd: dirname(target), env: childEnvironment(), maxBuffer: MAX_OUTPUT_BYTES }
  const run = promisify(execFile)(path, flags, options)
  // A program that ends before it has read its input tells why on its own.
  run.child.stdin?.on('error', () => undefined).end(input)
  await run.catch((cause: unknown) => {
    throw programError(cause, path)
  })
}

function programError(cause: unknown, path: string): StartupError {
  const output = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : ''
  const lines = output.split('\n').filter((line) => /error|fatal|panic|could not/i.test(line))
  if (output.includes('could not look up effective user ID')) {
    return new StartupError(
      'PostgreSQL wants its user to have a name: add this user id to /etc/passwd, or start as another.',
    )
  }
  if (lines.length > 0)
    return new StartupError(`PostgreSQL's ${basename(path)} failed: ${lines[0]?.trim()}`, { cause })
  return spawnError(cause, path)
}

/** Says in one line why one of PostgreSQL's programs could not be run. */
export function spawnError(cause: unknown, path: string): StartupError {
  const hints: Record<string, string> = {
    ENOENT: 'is missing or does not run here (musl systems such as Alpine: set DATABASE_URL instead)',
    EPERM: 'may not be run as another user here: start Convive as an ordinary user',
    EACCES: 'may not be executed: is it on a file system mounted noexec?',
  }
  const detail =
    hints[errorCode(cause)] ?? (cause instanceof Error ? cause.message.split('\n')[0] : String(cause))
  return new StartupError(`${path} ${detail}.`, { cause })
}

/** Writes a folder's names through to the disk. Windows cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The superuser's password, in a 0600 file that belongs to whoever runs Convive; made at the first start. */
export async function readPassword(dataDir: string, cluster: string): Promise<string> {
  const path = join(dataDir, 'password')
  const found = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw startupErrorFrom(error, `Cannot read ${path}`)
    return ''
  })
  if (found.trim() !== '') return found.trim()
  if ((await stat(cluster).catch(() => null)) !== null) {
    throw new StartupError(`${path}, the password of the database in ${cluster}, is missing: restore it.`)
  }
  const password = randomBytes(24).toString('base64url')
  const draft = `${path}.new`
  await writeFile(draft, `${password}\n`, { mode: 0o600, flush: true })
  await rename(draft, path)
  return password
}

/** Makes the folder, or says why it cannot be used. */
export async function prepareFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true })
    if (!(await stat(dataDir)).isDirectory()) throw new StartupError(`${dataDir} is not a folder.`)
  } catch (cause) {
    throw startupErrorFrom(cause, `Cannot use the data folder ${dataDir}`)
  }
}

/** Makes the database should it be missing: dropped by hand, say. */
export async function ensureDatabase(port: number, password: string): Promise<void> {
  await using client = await connectClient(port, password, 'postgres')
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
  if (rowCount === 0) await client.query(`create database ${DATABASE}`)
}
