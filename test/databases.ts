import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { migrateJobs } from '../packages/server/src/jobs/jobs.ts'
import { migrate } from '../packages/server/src/storage/migrate.ts'

const TEMPLATE = 'convive_template'

/** Address of another database on the same server. */
function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.toString()
}

/** Runs one statement on the server's own database. */
export async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Makes the database that all others are copied from. */
export async function makeTemplate(serverUrl: string): Promise<void> {
  await onServer(serverUrl, `CREATE DATABASE ${TEMPLATE}`)
  const pool = new pg.Pool({ connectionString: databaseUrl(serverUrl, TEMPLATE) })
  await migrate(pool)
  await migrateJobs(pool)
  await pool.end()
}

/** A fresh, migrated database: its address, and how to drop it. */
export async function makeDatabase(serverUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `w_${randomBytes(8).toString('hex')}`
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)
  return {
    url: databaseUrl(serverUrl, name),
    drop: () => onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}
