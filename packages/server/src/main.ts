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
  const app = await createApp(config)
  print(`Convive is running at ${app.origin}\nPress Ctrl-C to stop.`)
  // Loading takes seconds; the first answer should not.
  app.models.warm().catch((err) => app.log.warn({ err }, 'the bundled model could not be loaded'))
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    print('Stopping…')
    const timer = setTimeout(() => process.exit(1), STOP_TIMEOUT_MS)
    await app.close()
    clearTimeout(timer)
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One line for what the owner can mend; a stack only for what is our mistake. */
function explain(error: unknown, env: NodeJS.ProcessEnv): string {
  if (error instanceof ConfigError || error instanceof StartupError) return error.message
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return `port ${env.CONVIVE_PORT ?? 4100} is taken; set CONVIVE_PORT to another`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `no permission: ${message}`
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return `cannot reach ${env.DATABASE_URL ? 'the database or NATS' : 'NATS'}: ${message}`
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
