import { readdir, readFile } from 'node:fs/promises'
import type { Pool, PoolClient } from 'pg'
import { databaseError, StartupError } from './startup-error.ts'

const FOLDER = new URL('./migrations/', import.meta.url)
/** Key of the advisory lock: two nodes that start together migrate once. */
const LOCK_KEY = 1_129_206_358
const OLDEST_SERVER = 15

/** Brings the database to the newest numbered migration. Each runs in a transaction of its own; ends with how many ran. */
export async function migrate(pool: Pool): Promise<number> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw databaseError(cause, pool.options.connectionString)
  })
  try {
    await requireServerVersion(client)
    // Another node may be at it, and large tables take their time.
    await client.query('SET statement_timeout = 0')
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY])
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())',
    )
    const ran = new Set(
      (await client.query<{ name: string }>('SELECT name FROM migrations')).rows.map((r) => r.name),
    )
    const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort()
    const unknown = [...ran].find((name) => !names.includes(name))
    if (unknown)
      throw new StartupError(
        `the database is newer than this program (it has ${unknown}); start the newer one`,
      )
    const pending = names.filter((name) => !ran.has(name))
    for (const name of pending) {
      const sql = await readFile(new URL(name, FOLDER), 'utf8')
      await client.query('BEGIN')
      await client.query(sql)
      await client.query('INSERT INTO migrations (name) VALUES ($1)', [name])
      await client.query('COMMIT')
    }
    return pending.length
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw databaseError(error, pool.options.connectionString)
  } finally {
    await leave(client)
  }
}

async function leave(client: PoolClient): Promise<void> {
  try {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY])
    await client.query('RESET statement_timeout')
    client.release()
  } catch (error) {
    client.release(error as Error)
  }
}

async function requireServerVersion(client: { query: Pool['query'] }): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num')
  const version = Math.floor(Number(rows[0]?.server_version_num) / 10_000)
  if (version < OLDEST_SERVER)
    throw new StartupError(`PostgreSQL ${version} is too old; use ${OLDEST_SERVER} or newer`)
}
