/** Builds the page into packages/web/dist, if anything that it is made of changed since the last time. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const WEB = join(ROOT, 'packages/web')
const STAMP = join(WEB, 'dist/.built-from')

/** One hash of everything that the page is made of: its sources, the protocol's, and the versions of its libraries. */
function hashSources(): string {
  const hash = createHash('sha256')
  const files = [WEB, join(ROOT, 'packages/protocol')].flatMap(listSources).sort()
  for (const file of [...files, join(ROOT, 'package-lock.json')]) {
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return listSources(path)
    return /\.test\.tsx?$/.test(entry.name) ? [] : [path]
  })
}

const sources = hashSources()
if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== sources) {
  const startedAt = Date.now()
  const { build } = await import('vite')
  await build({ configFile: join(WEB, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(STAMP, sources)
  console.log(`Built the page in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}
