import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from 'pino'
import { errorCode, StartupError, startupErrorFrom } from './startup-error.ts'

export type StartupLog = Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>
export type SystemUser = { name: string; uid: number; gid: number }
/** Where the cluster is, and as whom PostgreSQL runs (null: as ourselves). `pointer` is set while not yet written. */
export type Place = { home: string; cluster: string; runAs: SystemUser | null; pointer: string | null }

/** Where root keeps what an unprivileged PostgreSQL must reach when the data folder is closed to it. */
export const SHARED_ROOT = '/var/lib/convive'
const POINTER = 'cluster-location'
const OWN_USER = 'convive'

/**
 * Decides where the cluster lives and as whom it runs. PostgreSQL refuses to run as root, so root runs it as an
 * unprivileged user; when that user cannot enter the data folder (say, under /root) the cluster goes to
 * /var/lib/convive/<hash of the data folder>, and a file in the data folder says so.
 */
export async function choosePlace(dataDir: string, log: StartupLog): Promise<Place> {
  const inside = join(dataDir, 'cluster')
  const pointer = join(dataDir, POINTER)
  const recorded = await readFile(pointer, 'utf8').then(
    (text) => text.trim(),
    () => null,
  )
  if (recorded !== null) await requireRecorded(recorded, pointer)
  const existing = await stat(recorded ?? inside).catch(() => null)
  const home = recorded === null ? dataDir : dirname(recorded)
  if (process.getuid?.() !== 0) return { home, cluster: recorded ?? inside, runAs: null, pointer: null }

  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  if (existing !== null) {
    const runAs = { name: nameOf(passwd, existing.uid), uid: existing.uid, gid: existing.gid }
    await openToOthers(home)
    if (!(await canReach(home, runAs))) {
      throw new StartupError(
        `The database in ${home} runs as user ${runAs.name}, who cannot enter that folder: ` +
          'move it out of closed folders such as /root.',
      )
    }
    return { home, cluster: recorded ?? inside, runAs, pointer: null }
  }
  return placeNewCluster(dataDir, pointer, await chooseUser(passwd, log), log)
}

async function placeNewCluster(
  dataDir: string,
  pointer: string,
  runAs: SystemUser,
  log: StartupLog,
): Promise<Place> {
  await openToOthers(dataDir)
  if (await canReach(dataDir, runAs)) {
    return { home: dataDir, cluster: join(dataDir, 'cluster'), runAs, pointer: null }
  }
  const hash = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 16)
  const home = join(SHARED_ROOT, hash)
  try {
    await mkdir(home, { recursive: true, mode: 0o755 })
  } catch (cause) {
    throw startupErrorFrom(
      cause,
      `User ${runAs.name} cannot enter ${dataDir}, and ${home} cannot be made instead`,
    )
  }
  log.info({ dataDir, home }, `user ${runAs.name} cannot enter the data folder; the database goes to ${home}`)
  return { home, cluster: join(home, 'cluster'), runAs, pointer }
}

/** Leaves a note in the data folder once a cluster exists elsewhere, so that a moved folder still finds it. */
export async function recordPlace(place: Place): Promise<void> {
  if (place.pointer !== null) await writeFile(place.pointer, `${place.cluster}\n`)
}

async function requireRecorded(cluster: string, pointer: string): Promise<void> {
  const version = await stat(join(cluster, 'PG_VERSION')).catch((error: unknown) => errorCode(error))
  if (version === 'ENOENT' || version === 'ENOTDIR') {
    throw new StartupError(
      `The database should be in ${cluster}, but is not there: restore it, or delete ${pointer} to start empty.`,
    )
  }
}

/** The data folder is ours to open (its secrets are 0600 files); the folders above it are not. */
async function openToOthers(folder: string): Promise<void> {
  const { mode } = await stat(folder)
  if ((mode & 0o011) !== 0o011) await chmod(folder, (mode & 0o7777) | 0o011)
}

/** Whether `user` may enter every folder above `path` and read `path` itself, going by owner and mode. */
export async function canReach(path: string, user: SystemUser): Promise<boolean> {
  let current = await realpath(path)
  for (;;) {
    const { mode, uid, gid } = await stat(current)
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0
    if (((mode >> shift) & 0o1) === 0) return false
    const parent = dirname(current)
    if (parent === current) return true
    current = parent
  }
}

async function chooseUser(passwd: string, log: StartupLog): Promise<SystemUser> {
  const existing = findUser(passwd, OWN_USER) ?? findUser(passwd, 'postgres')
  if (existing !== null) return existing
  const flags = ['--system', '--no-create-home', '--user-group', '--shell', '/usr/sbin/nologin']
  try {
    await promisify(execFile)('useradd', [...flags, OWN_USER])
    const made = findUser(await readFile('/etc/passwd', 'utf8'), OWN_USER)
    if (made !== null) {
      log.info(`made the system user ${OWN_USER}: PostgreSQL does not run as root`)
      return made
    }
  } catch (error) {
    log.debug({ err: error }, 'could not make a system user for PostgreSQL')
  }
  const nobody = findUser(passwd, 'nobody')
  if (nobody === null) {
    throw new StartupError(
      'PostgreSQL does not run as root: start Convive as an ordinary user, or set DATABASE_URL.',
    )
  }
  log.warn(
    'running PostgreSQL as user nobody, whom other services may share; a user "convive" would be better',
  )
  return nobody
}

/** One user of a passwd(5) text; never root. */
function findUser(passwd: string, name: string): SystemUser | null {
  for (const line of passwd.split('\n')) {
    const fields = line.split(':')
    const uid = Number(fields[2])
    if (fields[0] === name && uid > 0) return { name, uid, gid: Number(fields[3]) }
  }
  return null
}

function nameOf(passwd: string, uid: number): string {
  const line = passwd.split('\n').find((entry) => entry.split(':')[2] === String(uid))
  return line?.split(':')[0] ?? String(uid)
}
