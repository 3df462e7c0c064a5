/** Writes storage/schema.ts from a fresh database with all migrations. `--check` fails if the committed one differs. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import pino from 'pino'
import { startEmbeddedPostgres } from '../packages/server/src/storage/embedded-postgres.ts'
import { migrate } from '../packages/server/src/storage/migrate.ts'

const TARGET = new URL('../packages/server/src/storage/schema.ts', import.meta.url)
const dataDir = await mkdtemp(join(tmpdir(), 'convive-schema-'))
// PostgreSQL runs as another user when we are root.
await chmod(dataDir, 0o711)
const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'error' }) })
try {
  const pool = new pg.Pool({ connectionString: postgres.url })
  await migrate(pool)
  await pool.end()
  const out = join(dataDir, 'schema.ts')
  execFileSync(
    'kysely-codegen',
    [
      '--url',
      postgres.url,
      '--dialect',
      'postgres',
      '--out-file',
      out,
      '--exclude-pattern',
      '(migrations|graphile_worker.*)',
    ],
    { stdio: 'pipe' },
  )
  const fresh = await readFile(out, 'utf8')
  if (process.argv.includes('--check')) {
    if (fresh !== (await readFile(TARGET, 'utf8')))
      throw new Error('storage/schema.ts is not what the migrations make: npm run schema')
  } else {
    await (await import('node:fs/promises')).writeFile(TARGET, fresh)
  }
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
