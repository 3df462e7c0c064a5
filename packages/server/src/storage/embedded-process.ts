import { execFile } from 'node:child_process'
import { readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Binaries } from './embedded-binaries.ts'
import type { StartupLog } from './embedded-place.ts'
import { errorCode, StartupError } from './startup-error.ts'

const run = promisify(execFile)
const POLL_MS = 15
const FAST_STOP_MS = 20_000
const IMMEDIATE_STOP_MS = 5_000
const KILL_MS = 5_000

type PidFile = { pid: number; ready: boolean }

/** What tells a process from a later one with the same pid: its start time. Null when it is gone, or a zombie. */
export async function processIdentity(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // The second field, a name in parentheses, may itself hold blanks and parentheses.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return text === '' || fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
  }
  if (process.platform === 'win32') return isSignallable(pid) ? 'running' : null
  const shown = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  const [state = 'Z', ...started] = shown.stdout.trim().split(/\s+/)
  return state === '' || state.startsWith('Z') ? null : started.join(' ')
}

async function isPostgresOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
    return /(^|\/)postgres$/.test(words[0] ?? '') && words[words.indexOf('-D') + 1] === cluster
  }
  if (process.platform === 'win32') {
    const listed = await run('tasklist', ['/FI', `PID eq ${pid}`, '/NH']).catch(() => ({ stdout: '' }))
    return listed.stdout.includes('postgres')
  }
  const shown = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return shown.stdout.includes('postgres') && shown.stdout.includes(cluster)
}

function isSignallable(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}

/**
 * Reads `postmaster.pid`: https://www.postgresql.org/docs/18/storage-file-layout.html. The first line is the pid,
 * the eighth the status. Null when there is none.
 */
export async function readPidFile(cluster: string): Promise<PidFile | null> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => null)
  if (text === null) return null
  const lines = text.split('\n')
  return { pid: Math.abs(Number.parseInt(lines[0] ?? '', 10)) || 0, ready: lines[7]?.trim() === 'ready' }
}

/**
 * Makes way for a new start: ends, in order, a PostgreSQL that a killed parent left on this cluster, and removes
 * a pid file whose pid is another program's by now. Call with the lock held.
 */
export async function clearOrphan(cluster: string, binaries: Binaries, log: StartupLog): Promise<void> {
  const found = await readPidFile(cluster)
  if (found === null || found.pid <= 0) return
  if (await isPostgresOf(found.pid, cluster)) {
    log.warn({ pid: found.pid }, 'ending the PostgreSQL that an earlier run left behind')
    await stopProcess(found.pid, cluster, binaries, log)
  }
  // PostgreSQL would take this pid for a live postmaster: another program has it, or it is a zombie that
  // nobody waits for (a container without an init). A pid that is free it sorts out itself.
  const left = await readPidFile(cluster)
  if (left === null || !isSignallable(left.pid)) return
  log.warn({ pid: left.pid }, 'removing a stale postmaster.pid')
  await unlink(join(cluster, 'postmaster.pid'))
}

/** Ends a postmaster: fast shutdown (writes a checkpoint), then immediate (recovers at next start), then SIGKILL. */
export async function stopProcess(
  pid: number,
  cluster: string,
  binaries: Binaries,
  log: StartupLog,
): Promise<void> {
  const identity = await processIdentity(pid)
  if (identity === null) return
  const steps = [
    { mode: 'fast', signal: 'SIGINT', timeoutMs: FAST_STOP_MS },
    { mode: 'immediate', signal: 'SIGQUIT', timeoutMs: IMMEDIATE_STOP_MS },
    { mode: 'kill', signal: 'SIGKILL', timeoutMs: KILL_MS },
  ] as const
  for (const { mode, signal, timeoutMs } of steps) {
    if (mode !== 'fast') log.warn({ pid, mode }, 'PostgreSQL did not stop in time')
    // Windows has no signals: there pg_ctl asks through a pipe of PostgreSQL's own.
    if (process.platform === 'win32' && mode !== 'kill') {
      await run(binaries.pgCtl, ['stop', '-D', cluster, '-m', mode, '-W']).catch(() => undefined)
    } else {
      signalProcess(pid, signal)
    }
    if (await hasGone(pid, identity, timeoutMs)) return
  }
  throw new StartupError(`PostgreSQL (pid ${pid}) does not end, not even killed: its disk may hang.`)
}

/** Sends a signal; that the process may be gone already is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

async function hasGone(pid: number, identity: string, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if ((await processIdentity(pid)) !== identity) return true
    await delay(POLL_MS)
  }
  return false
}
