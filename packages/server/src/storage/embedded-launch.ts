import { type ChildProcess, spawn } from 'node:child_process'
import { copyFile, open, readFile, stat, truncate } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Binaries } from './embedded-binaries.ts'
import { childEnvironment, spawnError } from './embedded-cluster.ts'
import type { Place, StartupLog } from './embedded-place.ts'
import { readPidFile } from './embedded-process.ts'
import { StartupError } from './startup-error.ts'

export type Launch = { place: Place; binaries: Binaries; logPath: string; log: StartupLog }
export type Launched = { pid: number; child: ChildProcess }
type Outcome = { launched: Launched } | { failure: 'PortTaken' | 'StillInUse' | 'Other'; reason: string }

const POLL_MS = 10
const PROGRESS_MS = 10_000
/** Crash recovery replays the log; a minute per gigabyte is slow already. */
const MAX_START_MS = 10 * 60_000
const MAX_PORT_ATTEMPTS = 8
/** How long the backends of a killed postmaster may take to notice and let go of the shared memory. */
const LET_GO_MS = 20_000
const MAX_LOG_BYTES = 4 * 1024 * 1024
const MAX_REASON_BYTES = 64 * 1024

/** Starts PostgreSQL on `port`, or on a free one when 0, and resolves once it takes connections. */
export async function launchPostgres(launch: Launch, port: number): Promise<Launched & { port: number }> {
  const deadline = performance.now() + LET_GO_MS
  let portAttempts = 0
  for (;;) {
    const chosen = port === 0 ? await findFreePort() : port
    const outcome = await launchOnce(launch, chosen)
    if ('launched' in outcome) return { ...outcome.launched, port: chosen }
    // Another program may take a free port between our look and PostgreSQL's.
    if (outcome.failure === 'PortTaken' && port === 0 && ++portAttempts < MAX_PORT_ATTEMPTS) continue
    if (outcome.failure === 'PortTaken') {
      throw new StartupError(
        `Port ${chosen} on 127.0.0.1 is taken by another program: choose another, or none.`,
      )
    }
    if (outcome.failure === 'StillInUse' && performance.now() < deadline) {
      await delay(100)
      continue
    }
    throw new StartupError(`PostgreSQL does not start: ${outcome.reason} (more in ${launch.logPath})`)
  }
}

async function launchOnce(launch: Launch, port: number): Promise<Outcome> {
  const { place, binaries, logPath } = launch
  const before = await stat(logPath).then(
    (found) => found.size,
    () => 0,
  )
  const child = await spawnPostgres(launch, port)
  const pid = child.pid ?? 0
  const startedAt = performance.now()
  let toldAt = startedAt
  while (child.exitCode === null && child.signalCode === null) {
    const found = await readPidFile(place.cluster)
    if (found?.ready && found.pid === pid) return { launched: { pid, child } }
    if (performance.now() - startedAt > MAX_START_MS) {
      child.kill('SIGQUIT')
      throw new StartupError(
        `PostgreSQL did not get ready in ${MAX_START_MS / 60_000} minutes; see ${logPath}`,
      )
    }
    if (performance.now() - toldAt > PROGRESS_MS) {
      toldAt = performance.now()
      launch.log.warn({ pid }, 'PostgreSQL is still recovering')
    }
    await delay(POLL_MS)
  }
  const reason = await readReason(logPath, before)
  if (/could not create any TCP\/IP sockets|Address already in use/i.test(reason)) {
    return { failure: 'PortTaken', reason }
  }
  if (/pre-existing shared memory block/i.test(reason)) return { failure: 'StillInUse', reason }
  const line =
    reason.split('\n').find((text) => /FATAL|PANIC|error/.test(text)) ?? reason.trim().split('\n').at(-1)
  const ended = `${binaries.postgres} ended with ${child.signalCode ?? child.exitCode}`
  return { failure: 'Other', reason: line?.replace(/^.*?(FATAL|PANIC):\s*/, '') || ended }
}

async function spawnPostgres({ place, binaries, logPath }: Launch, port: number): Promise<ChildProcess> {
  const flags = ['-D', place.cluster, '-p', String(port), '-c', 'listen_addresses=127.0.0.1']
  flags.push('-c', 'unix_socket_directories=', '-c', 'logging_collector=off', '-c', 'log_destination=stderr')
  const identity = place.runAs === null ? {} : { uid: place.runAs.uid, gid: place.runAs.gid }
  // To a file, not a pipe: a pipe would break with our death, and block PostgreSQL while we are busy.
  const output = await open(logPath, 'a', 0o600)
  try {
    const child = spawn(binaries.postgres, flags, {
      ...identity,
      // A process group of its own: Ctrl-C goes to the whole group, and PostgreSQL has to outlive our shutdown.
      detached: true,
      windowsHide: true,
      cwd: dirname(place.cluster),
      env: childEnvironment(),
      stdio: ['ignore', output.fd, output.fd],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error) => reject(spawnError(error, binaries.postgres)))
    })
    child.unref()
    return child
  } finally {
    await output.close()
  }
}

async function readReason(logPath: string, from: number): Promise<string> {
  const text = await readFile(logPath).catch(() => Buffer.alloc(0))
  return text.subarray(from).subarray(0, MAX_REASON_BYTES).toString('utf8')
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Keeps PostgreSQL's log to two files of MAX_LOG_BYTES; it appends, so cutting the file under it is safe. */
export async function boundLog(logPath: string, log: StartupLog): Promise<void> {
  try {
    const found = await stat(logPath).catch(() => null)
    if (found === null || found.size < MAX_LOG_BYTES) return
    await copyFile(logPath, `${logPath}.1`)
    await truncate(logPath, 0)
  } catch (error) {
    log.warn({ err: error, logPath }, "cannot cut PostgreSQL's log")
  }
}
