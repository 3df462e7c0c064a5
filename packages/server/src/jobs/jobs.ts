import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Runner,
  run,
  runMigrations,
  type Task,
  type Worker,
  Logger as WorkerLogger,
} from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from 'pino'
import { patientPool } from './patient-pool.ts'

/** What a job is told. `signal` aborts when this process stops: the job is then run again elsewhere or later. */
export interface JobContext {
  attempt: number
  maxAttempts: number
  signal: AbortSignal
}

/** A job that throws is tried again later, with growing pauses, until its attempts are used up. */
export type JobHandler = (payload: unknown, context: JobContext) => Promise<void>

export interface Jobs {
  stop(): Promise<void>
}

/** Jobs that run at once in one process. Most wait for a model; few compute. */
const CONCURRENCY = 24
const POLL_INTERVAL_MS = 2_000
/** How often jobs of processes that died are looked for. */
const TAKE_OVER_INTERVAL_MS = 10_000
/** Between two attempts to enter oneself among the living. */
const REGISTER_RETRY_MS = 500

/** Creates the queue's own tables. Idempotent. */
export async function migrateJobs(pool: pg.Pool): Promise<void> {
  await runMigrations({ pgPool: pool, logger: new WorkerLogger(() => () => {}) })
}

/** Starts to take jobs of the given names; features hand in what they do, this knows none of them. */
export async function startJobs(options: {
  pool: pg.Pool
  /** The pool's `application_name`, unique to this process. */
  applicationName: string
  handlers: Record<string, JobHandler>
  log: Logger
}): Promise<Jobs> {
  const { pool, log } = options
  const stopping = new AbortController()
  const taskList: Record<string, Task> = {}
  for (const [name, handler] of Object.entries(options.handlers)) {
    taskList[name] = (payload, helpers) =>
      handler(payload, {
        attempt: helpers.job.attempts,
        maxAttempts: helpers.job.max_attempts,
        signal: stopping.signal,
      })
  }
  await takeOverJobs(pool)
  let registration: { poolId: string; done: Promise<void> } | null = null
  const runner: Runner = await run({
    pgPool: patientPool(pool),
    taskList,
    concurrency: CONCURRENCY,
    pollInterval: POLL_INTERVAL_MS,
    noHandleSignals: true,
    crontab: '',
    logger: workerLogger(log),
    preset: {
      plugins: [
        onStart((poolId) => {
          registration ??= { poolId, done: insist(() => register(options, poolId), stopping.signal) }
          return registration.done
        }),
      ],
    },
  })
  const timer = setInterval(async () => {
    try {
      // Others may have taken us for dead, if the database forgot our connections for a moment.
      if (registration) await register(options, registration.poolId)
      await takeOverJobs(pool)
    } catch (err) {
      log.warn({ err }, 'jobs of dead processes could not be looked for')
    }
  }, TAKE_OVER_INTERVAL_MS)
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort(new Error('the server is stopping'))
      await runner.stop()
    },
  }
}

/** Waits for `work` before the first job is taken: a process that is killed right after must not keep it. */
function onStart(work: (poolId: string) => Promise<void>): GraphileConfig.Plugin {
  const startWorker = (_: unknown, { worker }: { worker: Worker }) => work(worker.workerPool.id)
  return { name: 'convive', version: '1.0.0', worker: { hooks: { startWorker } } }
}

/** Enters this process among those that take jobs: jobs are locked in the name of its worker pool. */
async function register(process: { pool: pg.Pool; applicationName: string }, poolId: string): Promise<void> {
  await process.pool.query(
    'INSERT INTO job_workers (worker_id, application_name) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [poolId, process.applicationName],
  )
}

async function insist(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch {
      await sleep(REGISTER_RETRY_MS)
    }
  }
}

/** Frees jobs whose process has no connection left: it was killed, or lost the database, and will not finish them. */
async function takeOverJobs(pool: pg.Pool): Promise<void> {
  await pool.query(`
    WITH dead AS (
      DELETE FROM job_workers WHERE application_name NOT IN (SELECT application_name FROM pg_stat_activity)
      RETURNING worker_id
    )
    SELECT graphile_worker.force_unlock_workers(ARRAY(SELECT worker_id FROM dead)) WHERE EXISTS (SELECT 1 FROM dead)`)
}

function workerLogger(log: Logger): WorkerLogger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const
  return new WorkerLogger(
    () => (level, message) => log[levels[level as keyof typeof levels] ?? 'debug'](message),
  )
}
