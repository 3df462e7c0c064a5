/** `npm run dev`: the server restarts and the page reloads as files change; a fresh instance is seeded once. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { seed } from './seed.ts'

const SERVER = 'http://127.0.0.1:4100'
const env = { ...process.env, CONVIVE_DATA: '.convive/dev', CONVIVE_PORT: '4100', CONVIVE_SERVER: SERVER }

const children: ChildProcess[] = [
  spawn('node', ['--watch', '--watch-preserve-output', 'packages/server/src/main.ts', 'start'], {
    env,
    stdio: 'inherit',
  }),
  spawn('vite', ['--config', 'packages/web/vite.config.ts', '--clearScreen', 'false'], {
    env,
    stdio: 'inherit',
  }),
]
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping = true
    for (const child of children) child.kill('SIGTERM')
  })
}
while (!stopping) {
  const up = await fetch(`${SERVER}/healthz`).then(
    (answer) => answer.ok,
    () => false,
  )
  if (up) break
  await pause(300)
}
if (!stopping) await seed(SERVER)
