import { EventEmitter } from 'node:events'
import { type Runner, run, runMigrations, type Task, Logger as WorkerLogger } from 'graphile-worker'
import type pg from 'pg'
import type { Logger } from 'pino'

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
const TAKE_OVER_INTERVAL_MS = 30_000

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
  const events = new EventEmitter()
  events.on('worker:create', ({ worker }: { worker: { workerId: string } }) => {
    registerWorker(pool, worker.workerId, options.applicationName).catch((err) =>
      log.error({ err }, 'a worker is not registered'),
    )
  })
  const runner: Runner = await run({
    pgPool: pool,
    events: events as never,
    taskList,
    concurrency: CONCURRENCY,
    pollInterval: POLL_INTERVAL_MS,
    noHandleSignals: true,
    crontab: '',
    logger: workerLogger(log),
  })
  const timer = setInterval(() => {
    takeOverJobs(pool).catch((err) => log.warn({ err }, 'jobs of dead processes could not be looked for'))
  }, TAKE_OVER_INTERVAL_MS)
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort(new Error('the server is stopping'))
      await runner.stop()
    },
  }
}

async function registerWorker(pool: pg.Pool, workerId: string, applicationName: string): Promise<void> {
  await pool.query('INSERT INTO job_workers (worker_id, application_name) VALUES ($1, $2)', [
    workerId,
    applicationName,
  ])
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
