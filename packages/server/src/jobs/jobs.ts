import { type Runner, run, runMigrations, type Task, Logger as WorkerLogger } from 'graphile-worker'
import type { Logger } from 'pino'
import type pg from 'pg'

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

/** Creates the queue's own tables. Idempotent. */
export async function migrateJobs(pool: pg.Pool): Promise<void> {
  await runMigrations({ pgPool: pool, logger: new WorkerLogger(() => () => {}) })
}

/** Starts to take jobs of the given names; features hand in what they do, this knows none of them. */
export async function startJobs(options: {
  pool: pg.Pool
  handlers: Record<string, JobHandler>
  log: Logger
}): Promise<Jobs> {
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
  const runner: Runner = await run({
    pgPool: options.pool,
    taskList,
    concurrency: CONCURRENCY,
    pollInterval: POLL_INTERVAL_MS,
    noHandleSignals: true,
    crontab: '',
    logger: workerLogger(options.log),
  })
  return {
    async stop() {
      stopping.abort(new Error('the server is stopping'))
      await runner.stop()
    },
  }
}

function workerLogger(log: Logger): WorkerLogger {
  const levels = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const
  return new WorkerLogger(() => (level, message) => log[levels[level as keyof typeof levels] ?? 'debug'](message))
}
