import { randomUUID } from 'node:crypto'
import { link, readFile, readlink, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { processIdentity } from './embedded-process.ts'
import { errorCode, StartupError, startupErrorFrom } from './startup-error.ts'

type Holder = {
  pid: number
  identity: string | null
  host: string
  boot: string
  namespace: string
  nonce: string
}
export type Lock = { release(): Promise<void> }

const HEARTBEAT_MS = 1_000
/** How long a lock whose process we cannot see (another container on the same volume) is watched for a heartbeat. */
const WATCH_MS = 3 * HEARTBEAT_MS
const MAX_ATTEMPTS = 5

/** Holds `path` for this process, or throws a StartupError naming the one which does. A dead holder's is taken over. */
export async function acquireLock(path: string, what: string): Promise<Lock> {
  const own = await describeSelf()
  const text = JSON.stringify(own)
  const draft = `${path}.${own.nonce}`
  try {
    await writeFile(draft, text)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      // link() is atomic and brings the content along: nobody ever reads a half-written lock.
      const failure = await link(draft, path).then(() => null, errorCode)
      if (failure === null) return keep(path, text)
      if (failure !== 'EEXIST') throw Object.assign(new Error(failure), { code: failure })
      const found = await readFile(path, 'utf8').catch(() => null)
      if (found === null) continue
      const holder = parseHolder(found)
      if (holder !== null && (await isHeld(path, holder, own))) {
        throw new StartupError(`Convive is already running on ${what}, pid ${holder.pid}${on(holder, own)}.`)
      }
      await removeStale(path, found)
    }
    throw new StartupError(`Cannot lock ${path}: other processes keep taking it.`)
  } catch (cause) {
    throw startupErrorFrom(cause, `Cannot write in ${what}`)
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

function keep(path: string, text: string): Lock {
  const beat = setInterval(() => {
    const now = new Date()
    utimes(path, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  beat.unref()
  return {
    async release() {
      clearInterval(beat)
      const found = await readFile(path, 'utf8').catch(() => null)
      if (found === text) await unlink(path)
    },
  }
}

async function isHeld(path: string, holder: Holder, own: Holder): Promise<boolean> {
  if (holder.host === own.host && holder.boot !== own.boot) return false
  if (holder.boot === own.boot && holder.namespace === own.namespace) {
    const identity = await processIdentity(holder.pid)
    return identity !== null && identity === holder.identity
  }
  const before = await stat(path).catch(() => null)
  await delay(WATCH_MS)
  const after = await stat(path).catch(() => null)
  return before !== null && after !== null && after.mtimeMs !== before.mtimeMs
}

/** Moves the lock aside; when it turns out to be a newer one than the one judged stale, puts it back. */
async function removeStale(path: string, judged: string): Promise<void> {
  const aside = `${path}.stale-${randomUUID()}`
  const moved = await rename(path, aside).then(
    () => true,
    () => false,
  )
  if (!moved) return
  if ((await readFile(aside, 'utf8')) !== judged) await link(aside, path).catch(() => undefined)
  await unlink(aside)
}

async function describeSelf(): Promise<Holder> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const namespace = await readlink('/proc/self/ns/pid').catch(() => hostname())
  const identity = await processIdentity(process.pid)
  return { pid: process.pid, identity, host: hostname(), boot: boot.trim(), namespace, nonce: randomUUID() }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value)) return null
    return Number.isInteger(value.pid) ? (value as Holder) : null
  } catch {
    return null
  }
}

function on(holder: Holder, own: Holder): string {
  return holder.host === own.host ? '' : ` on ${holder.host}`
}
