import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { isatty } from 'node:tty'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'
import { Authenticator } from './accounts/authenticate.ts'
import { Users } from './accounts/users.ts'
import { addCdnRoutes } from './api/cdn.ts'
import { conviveRoutes } from './api/convive/routes.ts'
import { discordRoutes } from './api/discord/routes.ts'
import { addOperatingRoutes } from './api/operating.ts'
import { addPage } from './api/page.ts'
import { addRoutes, createHttpServer } from './api/server.ts'
import type { Bus } from './bus/bus.ts'
import { createLocalBus } from './bus/local.ts'
import { createNatsBus } from './bus/nats.ts'
import { CastRooms } from './characters/cast.ts'
import { createDirector } from './characters/director.ts'
import { characterJobs } from './characters/jobs.ts'
import { ActiveTurns } from './characters/turns.ts'
import { type Config, dataPath } from './config.ts'
import type { App } from './context.ts'
import { createGateway } from './gateway/gateway.ts'
import { GuildStates } from './guilds/state.ts'
import { migrateJobs, startJobs } from './jobs/jobs.ts'
import { messageJobs } from './messages/jobs.ts'
import { SendQueue } from './messages/send-queue.ts'
import { createMetrics } from './metrics.ts'
import { createModels, type Models } from './models/registry.ts'
import { createDatabase, type Database, eventId } from './storage/database.ts'
import { startEmbeddedPostgres } from './storage/embedded-postgres.ts'
import { createFiles } from './storage/files.ts'
import { migrate } from './storage/migrate.ts'
import { startOutboxSweep } from './storage/outbox.ts'
import { loadSecrets, type Secrets } from './storage/secrets.ts'

const MODELS_CHANGED = 'CONVIVE_MODELS_UPDATE'

export interface RunningApp extends App, AsyncDisposable {
  /** Stops in order: sockets are told to come back, jobs end, then the database. */
  close(): Promise<void>
}

/** What tests put in the place of the real thing. */
export interface Overrides {
  /** Models by id; the first is the default. */
  givenModels?: ReadonlyMap<string, LanguageModelV4>
  now?: () => number
  log?: Logger
}

/** Starts everything this process does, in the order in which it depends on one another; all wiring is here. */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<RunningApp> {
  await using stack = new AsyncDisposableStack()
  const log = overrides.log ?? createLogger(config)
  await requireFreePort(config)
  const metrics = createMetrics()
  const secrets = await loadSecrets(config.secret, dataPath(config, 'secret.key'))
  const nodeId = randomUUID()
  const applicationName = `convive:${nodeId}`
  const bus = stack.adopt(await createBus(config, log), (bus) => bus.close())
  const db = stack.adopt(
    createDatabase({
      url: await databaseUrl(config, log, stack),
      poolSize: config.database.poolSize,
      applicationName,
      bus,
      onError: (err) => log.warn({ err }, 'a database connection was lost'),
    }),
    (db) => db.destroy(),
  )
  const ran = await migrate(db.pool)
  await migrateJobs(db.pool)
  if (ran > 0) log.debug({ ran }, 'database is up to date')

  const models = await startModels({ config, db, bus, secrets, given: overrides.givenModels }, stack)
  const users = new Users(db)
  stack.use(await users.watch(bus))
  const authenticator = new Authenticator(db, log)
  stack.use(await authenticator.watch(bus))
  const guilds = new GuildStates(db, bus, log)
  const now = overrides.now ?? Date.now
  const shared = {
    config,
    origin: '',
    nodeId,
    log,
    metrics,
    now,
    secrets,
    bus,
    db,
    users,
    authenticator,
    guilds,
    models,
  }
  const casts = new CastRooms(db)
  stack.use(await casts.watch(bus))
  const app: App = {
    ...shared,
    files: createFiles(dataPath(config, 'files')),
    sends: new SendQueue(shared),
    director: createDirector(casts, db),
  }
  stack.defer(() => app.sends.idle())

  stack.use(startOutboxSweep({ db, bus, intervalMs: config.timing.outboxSweepMs, log }))
  if (config.roles.has('jobs')) await takeJobs(app, applicationName, stack)
  await startHttp(app, stack)

  const resources = stack.move()
  const close = () => resources.disposeAsync()
  return Object.assign(app, { close, [Symbol.asyncDispose]: close })
}

async function startModels(
  deps: {
    config: Config
    db: Database
    bus: Bus
    secrets: Secrets
    given: ReadonlyMap<string, LanguageModelV4> | undefined
  },
  stack: AsyncDisposableStack,
): Promise<Models> {
  const { config, db, bus, secrets, given } = deps
  const changed = () => announceModels(bus)
  const models = createModels({ config, db, secrets, changed, ...(given && { given }) })
  stack.adopt(models, () => models.close())
  stack.use(await bus.subscribe('all', (event) => event.type === MODELS_CHANGED && models.invalidate()))
  return models
}

async function takeJobs(app: App, applicationName: string, stack: AsyncDisposableStack): Promise<void> {
  const active = new ActiveTurns()
  stack.use(await active.watch(app.bus))
  const handlers = { ...messageJobs(app), ...characterJobs(app, active) }
  const options = { pool: app.db.pool, applicationName, handlers, log: app.log }
  stack.adopt(await startJobs(options), (jobs) => jobs.stop())
}

async function startHttp(app: App, stack: AsyncDisposableStack): Promise<void> {
  const { config } = app
  const server = stack.adopt(await createHttpServer(app), (server) => server.close())
  addOperatingRoutes(server, app)
  if (config.roles.has('api')) {
    addRoutes(server, app, '/api/v10', discordRoutes)
    addRoutes(server, app, '/api/convive/v1', conviveRoutes)
    addCdnRoutes(server, app)
    await addPage(server)
  }
  await server.ready()
  if (config.roles.has('gateway')) {
    const gateway = stack.adopt(createGateway(app), (gateway) => gateway.close())
    gateway.attach(server.server)
  }
  await server.listen({ host: config.http.host, port: config.http.port, backlog: 4096 })
  const { port } = server.server.address() as AddressInfo
  const host = config.http.host === '0.0.0.0' || config.http.host === '::' ? 'localhost' : config.http.host
  app.origin = config.http.publicUrl ?? `http://${host}:${port}`
}

/** Tells pages and the other nodes that models or providers changed. */
function announceModels(bus: Bus): void {
  bus.publish({ id: eventId(), type: MODELS_CHANGED, audience: { everyone: true }, data: {} })
}

async function createBus(config: Config, log: Logger): Promise<Bus> {
  const onError = (err: unknown) => log.error({ err }, 'a listener on the bus failed')
  return config.natsUrl ? createNatsBus(config.natsUrl, onError) : createLocalBus(onError)
}

async function databaseUrl(config: Config, log: Logger, stack: AsyncDisposableStack): Promise<string> {
  if (config.database.url) return config.database.url
  const postgres = await startEmbeddedPostgres({ dataDir: dataPath(config, 'postgres'), log })
  stack.defer(() => postgres.stop())
  return postgres.url
}

/** Finds out before a database is started for nothing. Throws EADDRINUSE or EACCES. */
async function requireFreePort({ http }: Config): Promise<void> {
  if (http.port === 0) return
  const probe = createNetServer().listen({ host: http.host, port: http.port, exclusive: true })
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}

/** JSON for machines; words for whoever watches a terminal. */
function createLogger(config: Config): Logger {
  const options = {
    level: config.logLevel,
    redact: ['*.token', '*.password', '*.authorization', '*.apiKey', '*.api_key'],
  }
  if (!isatty(1)) return pino(options)
  return pino(options, pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true }))
}
