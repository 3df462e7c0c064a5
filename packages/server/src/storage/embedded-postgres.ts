import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findBinaries } from './embedded-binaries.ts'
import { databaseUrl } from './embedded-client.ts'
import { ensureDatabase, prepareCluster, prepareFolder, readPassword } from './embedded-cluster.ts'
import { boundLog, type Launch, type Launched, launchPostgres } from './embedded-launch.ts'
import { acquireLock, type Lock } from './embedded-lock.ts'
import { choosePlace, recordPlace, type StartupLog } from './embedded-place.ts'
import { clearOrphan, signalProcess, stopProcess } from './embedded-process.ts'
import { startupErrorFrom } from './startup-error.ts'

export type EmbeddedPostgres = {
  /** postgres://… of the database `convive`; stays the same for the life of this object. */
  readonly url: string
  /** The postmaster's; another one after PostgreSQL died and was restarted. */
  readonly pid: number
  stop(): Promise<void>
}
type Options = { dataDir: string; port?: number; log: StartupLog }

const LOG_CHECK_MS = 60_000
const RESTART_DELAY_MS = 250
/** More deaths than this within the window are no accident: it stays down, and queries fail. */
const MAX_RESTARTS = 5
const RESTART_WINDOW_MS = 60_000

/**
 * Starts our own PostgreSQL in `dataDir`, listening on 127.0.0.1 only, and restarts it should it die. What an earlier
 * run left behind (a PostgreSQL without its parent, pid files, half a cluster) is cleared first. Throws StartupError.
 */
export async function startEmbeddedPostgres({ dataDir, port = 0, log }: Options): Promise<EmbeddedPostgres> {
  const startedAt = performance.now()
  const folder = resolve(dataDir)
  await prepareFolder(folder)
  const lock = await acquireLock(join(folder, 'convive.lock'), folder)
  try {
    const place = await choosePlace(folder, log)
    const binaries = await findBinaries(place.runAs, log)
    const password = await readPassword(folder, place.cluster)
    await prepareCluster(place, password, binaries, log)
    await recordPlace(place)
    await clearOrphan(place.cluster, binaries, log)
    const launch = { place, binaries, logPath: join(folder, 'postgres.log'), log }
    await boundLog(launch.logPath, log)
    const launched = await launchPostgres(launch, port)
    try {
      await ensureDatabase(launched.port, password)
    } catch (error) {
      await stopProcess(launched.pid, place.cluster, binaries, log)
      throw error
    }
    const tookMs = Math.round(performance.now() - startedAt)
    log.info({ pid: launched.pid, port: launched.port, tookMs }, `PostgreSQL ${binaries.version} is ready`)
    return supervise(launch, launched, databaseUrl(launched.port, password), lock)
  } catch (cause) {
    await lock.release()
    throw startupErrorFrom(cause, `Cannot start the database in ${folder}`)
  }
}

function supervise(
  launch: Launch,
  first: Launched & { port: number },
  url: string,
  lock: Lock,
): EmbeddedPostgres {
  const { place, binaries, logPath, log } = launch
  let { pid, child } = first
  let stopping: Promise<void> | undefined
  let restarting: Promise<void> | undefined
  let deaths: number[] = []

  // A parent that exits without stop(), say by an uncaught error, still leaves an orderly shutdown behind.
  const onExit = () => signalProcess(pid, 'SIGINT')
  process.once('exit', onExit)
  const logCheck = setInterval(() => void boundLog(logPath, log), LOG_CHECK_MS)
  logCheck.unref()

  const restart = async () => {
    await delay(RESTART_DELAY_MS)
    if (stopping !== undefined) return
    await clearOrphan(place.cluster, binaries, log)
    const launched = await launchPostgres(launch, first.port)
    pid = launched.pid
    child = launched.child
    watch()
    log.warn({ pid }, 'PostgreSQL was restarted')
  }
  const watch = () => {
    const onDeath = () => {
      if (stopping !== undefined) return
      const now = performance.now()
      deaths = [...deaths.filter((at) => now - at < RESTART_WINDOW_MS), now]
      const code = child.signalCode ?? child.exitCode
      log.error({ pid, code, logPath }, 'PostgreSQL died')
      if (deaths.length > MAX_RESTARTS)
        return log.error(`PostgreSQL died ${deaths.length} times; not restarting it`)
      restarting = restart().catch((error: unknown) => log.error({ err: error }, 'cannot restart PostgreSQL'))
    }
    if (child.exitCode !== null || child.signalCode !== null) onDeath()
    else child.once('exit', onDeath)
  }
  watch()

  const end = async () => {
    await restarting
    clearInterval(logCheck)
    process.off('exit', onExit)
    await stopProcess(pid, place.cluster, binaries, log)
    await lock.release()
    log.info('PostgreSQL stopped')
  }
  return {
    url,
    get pid() {
      return pid
    },
    stop() {
      stopping ??= end()
      return stopping
    },
  }
}
