import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import pino from 'pino'
import { inject } from 'vitest'
import { createApp, type RunningApp } from '../packages/server/src/app.ts'
import { type Config, readConfig } from '../packages/server/src/config.ts'
import { ApiClient, type ConnectOptions, GatewayClient } from './client.ts'
import { makeDatabase } from './databases.ts'

export interface WorldOptions {
  /** A server's database; left out, a fresh one of this test run. */
  databaseUrl?: string
  env?: Record<string, string>
  timing?: Partial<Config['timing']>
  /** Models instead of the bundled one, by id; the first is the default. */
  models?: ReadonlyMap<string, LanguageModelV4>
  now?: () => number
  dataDir?: string
}

/** Somebody with an account, acting through the public API alone. */
export interface Person {
  id: string
  name: string
  token: string
  api: ApiClient
  connect(options?: ConnectOptions): Promise<GatewayClient>
  /** Sends a message; throws unless it was accepted. */
  // biome-ignore lint/suspicious/noExplicitAny: a message object
  say(channelId: string, content: string, extra?: object): Promise<any>
}

/** The real server on a fresh database, with people in it. */
export class World implements AsyncDisposable {
  readonly app: RunningApp
  readonly #cleanUp: () => Promise<void>
  #people = 0
  #guild: { id: string; channelId: string; owner: Person } | null = null

  constructor(app: RunningApp, cleanUp: () => Promise<void>) {
    this.app = app
    this.#cleanUp = cleanUp
  }

  get url(): string {
    return this.app.origin
  }

  /** Without an account. */
  get stranger(): ApiClient {
    return new ApiClient(this.url, null)
  }

  /** Signs somebody up. The first owns the instance. */
  async person(name = `person${++this.#people}`): Promise<Person> {
    const answer = await this.stranger.post('/api/convive/v1/accounts/sign-up', {
      username: name,
      email: `${name}@example.org`,
      password: `a good password of ${name}`,
    })
    return this.#as(name, must(answer, 200).user_id, answer.body.token, answer.body.token)
  }

  /** People who are all in the world's guild. */
  async members(count: number): Promise<Person[]> {
    const guild = await this.guild()
    const people: Person[] = []
    for (let n = 0; n < count; n++) {
      const person = n === 0 ? guild.owner : await this.person()
      if (n > 0) await this.join(person)
      people.push(person)
    }
    return people
  }

  /** The world's guild, made by its first person. */
  async guild(): Promise<{ id: string; channelId: string; owner: Person }> {
    if (this.#guild) return this.#guild
    const owner = await this.person()
    const guild = must(await owner.api.post('/guilds', { name: 'The table' }), 201)
    const channels = must(await owner.api.get(`/guilds/${guild.id}/channels`), 200) as {
      id: string
      type: number
    }[]
    const channelId = channels.find((channel) => channel.type === 0)?.id
    if (!channelId) throw new Error('the guild has no text channel')
    this.#guild = { id: guild.id, channelId, owner }
    return this.#guild
  }

  /** Brings somebody into the guild by an invite. */
  async join(person: Person): Promise<void> {
    const guild = await this.guild()
    const invite = must(
      await guild.owner.api.post(`/channels/${guild.channelId}/invites`, { unique: true }),
      200,
    )
    must(await person.api.post(`/invites/${invite.code}`), 200)
  }

  /** A text channel of the guild, hidden from some. */
  async channel(options: { name?: string; hiddenFrom?: Person } = {}): Promise<string> {
    const guild = await this.guild()
    const overwrites = options.hiddenFrom
      ? [{ id: options.hiddenFrom.id, type: 1, allow: '0', deny: '1024' }]
      : []
    const body = { name: options.name ?? 'room', type: 0, permission_overwrites: overwrites }
    return must(await guild.owner.api.post(`/guilds/${guild.id}/channels`, body), 201).id
  }

  /** An application's bot in the world's guild, with administrator's rights. */
  async bot(name = 'testbot', permissions = '8'): Promise<Person> {
    const guild = await this.guild()
    const application = must(await guild.owner.api.post('/applications', { name }), [200, 201])
    const { token } = must(await guild.owner.api.post(`/applications/${application.id}/bot/reset`), 200)
    const query = `client_id=${application.id}&scope=bot&permissions=${permissions}`
    must(
      await guild.owner.api.post(`/oauth2/authorize?${query}`, {
        guild_id: guild.id,
        permissions,
        authorize: true,
      }),
      200,
    )
    return this.#as(name, application.id, token, `Bot ${token}`)
  }

  /** A character of the guild's owner, in the guild. */
  // biome-ignore lint/suspicious/noExplicitAny: a character object
  async character(definition: Record<string, unknown> & { name: string }): Promise<any> {
    const guild = await this.guild()
    const made = must(await guild.owner.api.post('/api/convive/v1/characters', { definition }), 201)
    must(await guild.owner.api.put(`/api/convive/v1/guilds/${guild.id}/characters/${made.id}`), 204)
    return made
  }

  connect(person: Person, options: ConnectOptions = {}): Promise<GatewayClient> {
    return person.connect(options)
  }

  /** Resolves once no message, job or event is under way. */
  async settled(): Promise<void> {
    for (let calm = 0; calm < 2; ) {
      await this.app.sends.idle()
      await this.app.bus.flush()
      const { rows } = await this.app.db.pool.query(
        `SELECT (SELECT count(*) FROM graphile_worker.jobs WHERE run_at <= now() AND attempts < max_attempts)
          + (SELECT count(*) FROM character_turns WHERE state IN ('waiting', 'writing')) AS busy`,
      )
      calm = Number(rows[0].busy) === 0 ? calm + 1 : 0
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close()
    await this.#cleanUp()
  }

  #as(name: string, id: string, token: string, authorization: string): Person {
    const api = new ApiClient(this.url, authorization)
    return {
      id,
      name,
      token,
      api,
      connect: (options = {}) => GatewayClient.connect(this.url, token, options),
      say: async (channelId, content, extra = {}) =>
        must(await api.post(`/channels/${channelId}/messages`, { content, ...extra }), 200),
    }
  }
}

/** The body of an answer with the expected status; throws with all that is known otherwise. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the API answers
export function must(answer: { status: number; body: unknown }, status: number | number[]): any {
  if (![status].flat().includes(answer.status)) {
    throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`)
  }
  return answer.body
}

/** Boots the real server: real database, sockets, jobs; only the clock and a hosted model may be fake. */
export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const database = options.databaseUrl
    ? { url: options.databaseUrl, drop: async () => {} }
    : await makeDatabase(inject('postgresUrl'))
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'convive-world-')))
  const app = await bootNode({ ...options, databaseUrl: database.url, dataDir })
  return new World(app, async () => {
    await database.drop()
    if (!options.dataDir) await rm(dataDir, { recursive: true, force: true })
  })
}

/** One server on a database that is there already: the second of two, for a test of several. */
export async function bootNode(
  options: WorldOptions & { databaseUrl: string; dataDir: string },
): Promise<RunningApp> {
  const env = {
    CONVIVE_DATA: options.dataDir,
    CONVIVE_PORT: '0',
    DATABASE_URL: options.databaseUrl,
    OLLAMA_URL: 'http://127.0.0.1:9',
    CONVIVE_LOG: 'warn',
    ...options.env,
  }
  const config = readConfig(env)
  Object.assign(config.timing, options.timing)
  return createApp(config, {
    log: pino({ level: config.logLevel }),
    ...(options.now && { now: options.now }),
    ...(options.models && { givenModels: options.models }),
  })
}
