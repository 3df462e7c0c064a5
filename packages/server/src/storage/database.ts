import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import type { Bus, BusEvent } from '../bus/bus.ts'
import type { DB } from './schema.ts'

/** A job asked for within a transaction: it exists if and only if the transaction does. */
export interface JobSpec {
  name: string
  payload: object
  /** Two waiting jobs with one key are one. */
  key?: string
  runAt?: Date
  maxAttempts?: number
  /** Jobs of one queue run one after the other. */
  queue?: string
}

/** A transaction that also gathers what must happen if it commits. */
export type Tx = Transaction<DB> & {
  /** Published after the commit, in the order of the calls. */
  emit(event: Omit<BusEvent, 'id'>): void
  enqueue(job: JobSpec): void
}

/** For reads that do not care whether they are inside a transaction. */
export type Queryable = Kysely<DB>

export type Database = Kysely<DB> & {
  readonly pool: pg.Pool
  /** Runs `work` in a transaction, then publishes its events. A deadlock is tried again, so `work` has no effects of its own. */
  transact<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

const DEADLOCK_ATTEMPTS = 4
const STATEMENT_TIMEOUT_MS = 30_000
const NEVER_REACHED = /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|57P03)|when trying to connect/
/** How long a request waits for a connection, or for one to be free. */
const CONNECT_TIMEOUT_MS = 10_000
const LOST =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/

/** Connects; nothing is sent until the first query. Ids (bigint) are strings, timestamps are Date. */
export function createDatabase(options: {
  url: string
  poolSize: number
  /** Names this process among the server's connections. */
  applicationName: string
  bus: Bus
  onError(error: Error): void
}): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: options.applicationName,
  })
  // A connection that the server cut: whoever waits on it is told by its query, and the pool opens another.
  pool.on('error', (error) => pool.ending || options.onError(error))
  pool.on('connect', (client) => client.on('error', () => {}))
  const kysely = new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
  return Object.assign(kysely, {
    pool,
    transact: <T>(work: (tx: Tx) => Promise<T>) => transact(kysely, options.bus, work),
  })
}

/**
 * Whether the connection to the database was lost, or there is none to be had: then nobody knows what became of the
 * statement under way, and trying again a little later may help.
 */
export function isConnectionLost(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  // Classes of https://www.postgresql.org/docs/current/errcodes-appendix.html; then what the driver says.
  return /^(08|57P)|^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)/.test(code) || LOST.test(message)
}

/** Whether the connection was lost with a statement under way: it may have been carried out, and trying again would do so twice. */
export function mayHaveCommitted(error: unknown): boolean {
  return (
    isConnectionLost(error) &&
    !NEVER_REACHED.test(`${(error as { code?: string }).code} ${(error as Error).message}`)
  )
}

async function transact<T>(kysely: Kysely<DB>, bus: Bus, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(kysely, bus, work)
    } catch (error) {
      const code = (error as { code?: string }).code
      if ((code !== '40P01' && code !== '40001') || attempt >= DEADLOCK_ATTEMPTS) throw error
    }
  }
}

async function once<T>(kysely: Kysely<DB>, bus: Bus, work: (tx: Tx) => Promise<T>): Promise<T> {
  const events: BusEvent[] = []
  let outboxId: string | null = null
  let committing = false
  const run = kysely.transaction().execute(async (trx) => {
    const jobs: JobSpec[] = []
    const tx: Tx = Object.assign(trx, {
      emit: (event: Omit<BusEvent, 'id'>) => void events.push({ id: eventId(), ...event }),
      enqueue: (job: JobSpec) => void jobs.push(job),
    })
    const value = await work(tx)
    if (jobs.length > 0) await enqueueJobs(tx, jobs)
    if (bus.shared && events.length > 0) outboxId = await writeOutbox(tx, events)
    committing = true
    return value
  })
  const result = await run.catch((error: unknown) => {
    // Where there is an outbox it was written with the rest, or not at all.
    if (committing && !bus.shared && mayHaveCommitted(error)) bus.gap()
    throw error
  })
  for (const event of events) bus.publish(event)
  if (outboxId) void clearOutbox(kysely, bus, outboxId)
  return result
}

/** An id for something that is named before its row is written. */
export async function mintId(db: Queryable): Promise<string> {
  const { rows } = await sql<{ id: string }>`SELECT snowflake() AS id`.execute(db)
  const id = rows[0]?.id
  if (!id) throw new Error('the database minted no id')
  return id
}

let eventCount = 0
const processTag = Math.random().toString(36).slice(2, 10)

/** Unique among all nodes: a repeated delivery of the outbox has the same. */
export function eventId(): string {
  return `${processTag}.${++eventCount}`
}

/** Adds jobs within the caller's transaction, in one statement. */
export async function enqueueJobs(db: Queryable, jobs: readonly JobSpec[]): Promise<void> {
  const specs = jobs.map((job) => ({
    identifier: job.name,
    payload: job.payload,
    job_key: job.key ?? null,
    run_at: job.runAt?.toISOString() ?? null,
    max_attempts: job.maxAttempts ?? null,
    queue_name: job.queue ?? null,
  }))
  await sql`SELECT graphile_worker.add_jobs(ARRAY(
    SELECT json_populate_record(NULL::graphile_worker.job_spec, spec) FROM json_array_elements(${JSON.stringify(specs)}::json) spec
  ))`.execute(db)
}

/** Keeps events with the transaction that caused them, for the sweep of a node that outlives this one. */
export async function writeOutbox(db: Queryable, events: readonly BusEvent[]): Promise<string> {
  const body = JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  const row = await db.insertInto('outbox').values({ events: body }).returning('id').executeTakeFirstOrThrow()
  return row.id
}

/** Forgets published events. If it fails, the sweep publishes them again and listeners drop what they know. */
export async function clearOutbox(db: Queryable, bus: Bus, id: string): Promise<void> {
  try {
    await bus.flush()
    await db.deleteFrom('outbox').where('id', '=', id).execute()
  } catch {
    // The sweep takes over: it is the edge that reports.
  }
}
