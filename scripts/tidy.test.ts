import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vite'
import { expect, test } from 'vitest'

// Holds what ARCHITECTURE.md and STYLE.md say of the layout, so that it stays true without anybody watching.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 70
const MAX_COMPONENT_LINES = 120
const FLOOR = ['storage', 'bus', 'jobs', 'models']
const FEATURES = ['accounts', 'guilds', 'moderation', 'messages', 'knowledge', 'characters', 'plaza']
const EDGES = ['api', 'gateway']
const WIRING = ['app.ts', 'main.ts', 'context.ts']
/** Started by a path, not by an import. */
const ENTRIES = [
  'packages/server/src/main.ts',
  'packages/server/src/models/bundled/child.ts',
  'packages/web/src/main.tsx',
]
const GENERATED = ['packages/server/src/storage/schema.ts']

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)))
const sources = tracked.filter(
  (path) => /^(packages\/[^/]+\/src|test|bench|scripts)\/.*\.tsx?$/.test(path) && !GENERATED.includes(path),
)
const text = new Map(sources.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]))
const isTest = (path: string) =>
  /\.test\.tsx?$|\/fixtures\/|\/test-objects\.ts$/.test(path) || path.startsWith('test/')

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

/** Imports of a file, those of our own files as paths from the root. */
function importsOf(path: string): Import[] {
  const found: Import[] = []
  for (const match of (text.get(path) ?? '').matchAll(
    /^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)|new URL\('(\.[^']+)'/gm,
  )) {
    const specifier = match[2] ?? match[3] ?? match[4] ?? match[5] ?? ''
    found.push({ from: path, to: toPath(path, specifier), typeOnly: match[1] !== undefined })
  }
  return found
}

function toPath(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(ROOT, resolve(ROOT, dirname(from), specifier))
  const own = /^@convive\/(protocol|server)\/(.*)$/.exec(specifier)
  return own ? `packages/${own[1]}/src/${own[2]}.ts` : specifier
}

const serverRoom = (path: string) => /^packages\/server\/src\/([^/]+)/.exec(path)?.[1] ?? ''

function forbidden({ from, to, typeOnly }: Import): string | null {
  if (from.startsWith('packages/protocol/')) {
    return /^(packages\/protocol\/|zod$|discord-api-types\/)/.test(to)
      ? null
      : 'protocol imports zod and discord-api-types only'
  }
  if (from.startsWith('packages/web/'))
    return to.startsWith('packages/server/') ? 'the page never imports the server' : null
  const room = serverRoom(from)
  const target = serverRoom(to)
  if (room === '' || target === '' || room === target || WIRING.includes(room)) return null
  if (target === 'context.ts') return typeOnly ? null : 'context.ts is imported for its types'
  if (['config.ts', 'metrics.ts'].includes(target) || FLOOR.includes(target)) return null
  if (['config.ts', 'metrics.ts'].includes(room) || FLOOR.includes(room)) {
    return room === 'storage' && typeOnly ? null : 'the floor imports the floor'
  }
  if (EDGES.includes(target)) return EDGES.includes(room) && typeOnly ? null : 'only app.ts imports the edges'
  if (EDGES.includes(room)) return null
  return FEATURES.indexOf(target) < FEATURES.indexOf(room) ? null : 'features import those to their left'
}

test('imports go one way', () => {
  const wrong = sources
    .filter((path) => !isTest(path))
    .flatMap(importsOf)
    .flatMap((edge) => {
      const why = forbidden(edge)
      return why ? [`${edge.from} → ${edge.to}: ${why}`] : []
    })
  expect(wrong).toEqual([])
})

test('every file is reached from an entry', () => {
  const reached = new Set<string>()
  const visit = (path: string) => {
    if (reached.has(path)) return
    reached.add(path)
    for (const { to } of importsOf(path)) visit(to)
  }
  for (const path of sources)
    if (ENTRIES.includes(path) || isTest(path) || /^(bench|scripts)\//.test(path)) visit(path)
  const used = new Set<string>()
  const visitUsed = (path: string) => {
    if (used.has(path)) return
    used.add(path)
    for (const { to } of importsOf(path)) visitUsed(to)
  }
  for (const path of ENTRIES) visitUsed(path)
  const product = sources.filter((path) => path.startsWith('packages/') && !isTest(path))
  expect(product.filter((path) => !reached.has(path))).toEqual([])
  // Only tests use it: then nobody does.
  expect(product.filter((path) => !used.has(path) && !path.endsWith('.d.ts'))).toEqual([])
})

test('files and functions stay small', () => {
  const large: string[] = []
  for (const [path, code] of text) {
    if (isTest(path)) continue
    const lines = code.split('\n').length
    if (lines > MAX_FILE_LINES) large.push(`${path}: ${lines} lines`)
    large.push(...largeFunctions(path, code))
  }
  expect(large).toEqual([])
})

interface Node {
  type: string
  start: number
  end: number
  id?: { name?: string } | null
  [key: string]: unknown
}

function largeFunctions(path: string, code: string): string[] {
  const found: string[] = []
  const lineOf = (at: number) => code.slice(0, at).split('\n').length
  const most = path.endsWith('.tsx') ? MAX_COMPONENT_LINES : MAX_FUNCTION_LINES
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item)
    if (typeof value !== 'object' || value === null) return
    const node = value as Node
    if (/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) {
      const lines = lineOf(node.end) - lineOf(node.start) + 1
      if (lines > most)
        found.push(`${path}:${lineOf(node.start)} ${node.id?.name ?? 'function'}: ${lines} lines`)
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') walk(child)
  }
  walk(parseAst(code, { lang: path.endsWith('.tsx') ? 'tsx' : 'ts' }))
  return found
}

test('names say what is in a file', () => {
  const named = sources.filter((path) => {
    const name = path.split('/').pop() ?? ''
    return (
      !/^[a-z0-9-]+(\.(test|config|d))*\.tsx?$/.test(name) ||
      /^(utils?|helpers?|common|misc|index|types)\.tsx?$/.test(name) ||
      /\.(service|controller|manager)\./.test(name)
    )
  })
  expect(named).toEqual([])
})

test('only main.ts reads the environment or ends the process', () => {
  // embedded-cluster.ts hands the environment on to PostgreSQL.
  const own = [
    'packages/server/src/main.ts',
    'packages/server/src/models/bundled/child.ts',
    'packages/server/src/storage/embedded-cluster.ts',
  ]
  const wrong = sources.filter(
    (path) =>
      path.startsWith('packages/server/src/') &&
      !isTest(path) &&
      !own.includes(path) &&
      /\bprocess\.(env|argv|exit|exitCode)\b/.test(text.get(path) ?? ''),
  )
  expect(wrong).toEqual([])
})

test('nothing is left half done, and no machine is named', () => {
  const words = /\b(TODO|FIXME|XXX)\b|not implemented/
  const wrong = sources.filter((path) => path !== 'scripts/tidy.test.ts' && words.test(text.get(path) ?? ''))
  expect(wrong).toEqual([])
  const skipped = sources.filter((path) => /\b(test|it|describe)\.(only|todo)\(/.test(text.get(path) ?? ''))
  expect(skipped).toEqual([])
})

test('the lock file holds every platform’s builds', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const names = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').pop()))
  const missing = Object.values(lock.packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
  )
  expect(missing).toEqual([])
})
