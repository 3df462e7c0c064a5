import type pg from 'pg'

/**
 * Classes of errors that pass by themselves: the connection was lost, the server lacks resources, it stops or starts,
 * its disk fails, a standby takes no writes. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING = /^(08|53|57|58|25006|E[A-Z]{3,}$)/
const NO_CODE =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying)/
/** `cannot_connect_now`: what graphile-worker waits out, for hours if need be. */
const STARTING = '57P03'

/**
 * The pool as the job runner is to see it: whatever passes by itself looks like a database that is starting. At any
 * other error while it records how a job ended, the runner takes the whole process with it.
 */
export function patientPool(pool: pg.Pool): pg.Pool {
  const connect = async () => patientClient(await pool.connect().catch(soften))
  return Object.create(pool, {
    connect: { value: (callback?: never) => (callback ? pool.connect(callback) : connect()) },
  })
}

function patientClient(client: pg.PoolClient): pg.PoolClient {
  return Object.create(client, {
    query: { value: (text: string, values?: unknown[]) => client.query(text, values).catch(soften) },
  })
}

function soften(error: Error & { code?: string }): never {
  const passes = error.code === undefined ? NO_CODE.test(error.message) : PASSING.test(error.code)
  throw passes ? Object.assign(new Error(error.message, { cause: error }), { code: STARTING }) : error
}
