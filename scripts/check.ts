/** Everything that must hold: lint, types, the tidy test, unit, integration and browser tests. `.ci/run` runs this. */
import { spawnSync } from 'node:child_process'

const steps: [name: string, command: string, args: string[]][] = [
  ['lint and format', 'biome', ['ci', '.']],
  ['types of the server', 'tsc', ['-p', '.']],
  ['types of the page', 'tsc', ['-p', 'packages/web']],
  ['generated database types', 'node', ['scripts/schema.ts', '--check']],
  ['the page', 'node', ['scripts/build-web.ts']],
  ['tests', 'vitest', ['run', ...process.argv.slice(2)]],
]

for (const [name, command, args] of steps) {
  const startedAt = Date.now()
  console.log(`— ${name}`)
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`${name} failed${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
  console.log(`  ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}
