import { createApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { StartupError } from './storage/startup-error.ts'

const COMMANDS: Record<string, (args: string[]) => Promise<void>> = {
  start,
  help: async () => print(HELP),
}

const HELP = `convive <command>

  start   starts the server with everything it needs
  help    prints this

Settings are read from the environment; docs/operating/settings.md lists them.`

/** How long a stop may take before it is forced. */
const STOP_TIMEOUT_MS = 15_000

async function start(): Promise<void> {
  const config = readConfig(process.env)
  const interrupted = untilInterrupted()
  const app = await createApp(config)
  print(`Convive is running at ${app.origin}\nPress Ctrl-C to stop.`)
  // Loading takes seconds; the first answer should not.
  app.models.warm().catch((err) => app.log.warn({ err }, 'the bundled model could not be loaded'))
  await interrupted
  setTimeout(() => process.exit(1), STOP_TIMEOUT_MS)
  await app.close()
  process.exit(0)
}

/** Resolves at the first Ctrl-C, which may come while we are still starting. A second one waits for nothing. */
function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    let again = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (again) process.exit(1)
        again = true
        print('Stopping…')
        resolve()
      })
    }
  })
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One line for what the owner can mend; a stack only for what is our mistake. */
function explain(error: unknown, env: NodeJS.ProcessEnv): string {
  if (error instanceof ConfigError || error instanceof StartupError) return error.message
  const { code, message, stack, syscall } = error as NodeJS.ErrnoException
  if (code === 'EADDRNOTAVAIL' || (code === 'ENOTFOUND' && syscall === 'getaddrinfo'))
    return `${env.CONVIVE_HOST} is no address of this machine; set CONVIVE_HOST to another`
  if (code === 'EACCES' && syscall === 'listen')
    return `port ${env.CONVIVE_PORT} needs more rights than we have; set CONVIVE_PORT to 1024 or above`
  if (code === 'EADDRINUSE') return `port ${env.CONVIVE_PORT ?? 4100} is taken; set CONVIVE_PORT to another`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `no permission: ${message}`
  return stack ?? String(message)
}

const [name = 'help', ...args] = process.argv.slice(2)
const command = COMMANDS[name]
if (!command) {
  print(`There is no command "${name}".\n\n${HELP}`)
  process.exitCode = 2
} else {
  command(args).catch((error: unknown) => {
    process.stderr.write(`convive: ${explain(error, process.env)}\n`)
    process.exit(1)
  })
}
