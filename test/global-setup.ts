import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../packages/server/src/storage/embedded-postgres.ts'
import { makeTemplate, onServer } from './databases.ts'

/** One PostgreSQL for the whole run, with a migrated template; each world copies it, or takes DATABASE_URL's server. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-test-'))
  // PostgreSQL runs as another user when we are root.
  await chmod(dataDir, 0o711)
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'error' }) })
  await makeTemplate(postgres.url)
  // Nothing here outlives the run; what survives a crash is tested on clusters of their own, which do sync.
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    await onServer(postgres.url, `ALTER SYSTEM SET ${setting} = off`)
  }
  await onServer(postgres.url, 'SELECT pg_reload_conf()')
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
  }
}
