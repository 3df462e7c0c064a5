import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import type { RunningApp } from '../../packages/server/src/app.ts'
import { must, type Person, World } from '../world.ts'
import { Load, strange } from './load.ts'
import {
  descendantsOf,
  freePort,
  isAlive,
  makeDataDir,
  postmasterOf,
  ServerProcess,
} from './server-process.ts'
import { SlowModel } from './slow-model.ts'

const MINUTES_MS = 60_000
const LOAD_MS = 1_000
const SENDERS = 8
const onLinux = test.skipIf(process.platform !== 'linux')

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

/** A data folder and the settings of a server on it, always at the same port. */
async function place(more: Record<string, string> = {}) {
  const dataDir = await makeDataDir()
  folders.push(dataDir)
  const env = {
    CONVIVE_DATA: dataDir,
    CONVIVE_PORT: String(await freePort()),
    CONVIVE_BUNDLED_MODEL: 'false',
    CONVIVE_RATE_LIMITS: 'false',
    CONVIVE_LOG: 'warn',
    ...more,
  }
  return { dataDir, env }
}

/** The people of a server that is another process. */
function worldOf(server: ServerProcess): World {
  return new World({ origin: server.origin, close: async () => {} } as RunningApp, async () => {})
}

async function furnish(
  server: ServerProcess,
): Promise<{ world: World; people: Person[]; channels: string[] }> {
  const world = worldOf(server)
  const people = await world.members(SENDERS)
  const { channelId } = await world.guild()
  return {
    world,
    people,
    channels: [channelId, await world.channel({ name: 'one' }), await world.channel({ name: 'two' })],
  }
}

async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<number> {
  const beganAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - beganAt > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(50)
  }
  return performance.now() - beganAt
}

async function contents(person: Person, channelId: string, authorId: string): Promise<string[]> {
  const page = must(await person.api.get(`/channels/${channelId}/messages?limit=50`), 200)
  return page
    .filter((message: { author: { id: string } }) => message.author.id === authorId)
    .map((message: { content: string }) => message.content)
}

test(
  'kill -9 of the server under load: what was acknowledged is there, once, and it goes on',
  async () => {
    const { env } = await place()
    let server = await ServerProcess.start(env)
    try {
      const { people, channels } = await furnish(server)
      const load = new Load(people, channels)
      for (let round = 0; round < 2; round++) {
        load.start()
        const before = load.said.length
        await until('there is load', () => load.said.length > before + 100, 30_000)
        await server.kill()
        await load.stop()
        server = await ServerProcess.start(env)
        expect(await load.broken()).toEqual([])
        using socket = await (people[1] as Person).connect()
        await people[0]?.say(channels[0] ?? '', `round ${round} goes on`)
        await socket.waitFor('MESSAGE_CREATE', (event) => event.d.content === `round ${round} goes on`)
      }
    } finally {
      await server[Symbol.asyncDispose]()
    }
  },
  3 * MINUTES_MS,
)

test(
  'kill -9 of the database under load: errors of our form, then it goes on by itself and nothing is lost',
  async () => {
    await using model = await SlowModel.start()
    const { dataDir, env } = await place(model.env)
    await using server = await ServerProcess.start(env)
    const { world, people, channels } = await furnish(server)
    const [owner] = people
    if (!owner) throw new Error('nobody came')
    const mira = await world.character({ name: 'Mira', talkativeness: 0 })
    const quiet = await world.channel({ name: 'quiet' })
    const sockets = await Promise.all(people.slice(0, 3).map((person) => person.connect()))
    model.hold()
    await owner.say(quiet, 'Mira, are you there?')
    await until('the character writes', () => model.calls > 0, 10_000)
    const load = new Load(people, channels)
    load.start()
    await sleep(LOAD_MS)
    const postmaster = await postmasterOf(dataDir)
    if (!postmaster) throw new Error('the database has no process')
    process.kill(postmaster, 'SIGKILL')
    const said = load.said.length
    await until('somebody is refused', () => load.refusals.length > 0, 10_000)
    model.release()
    const recoveredMs = await until(
      'messages are taken again',
      () => load.said.length > said + SENDERS * 3,
      60_000,
    )
    await sleep(LOAD_MS)
    await load.stop()
    expect(await postmasterOf(dataDir)).not.toBe(postmaster)
    expect(strange(load.refusals)).toEqual([])
    expect(await load.broken()).toEqual([])
    const answers = () => contents(owner, quiet, mira.id)
    await until('the character has answered', async () => (await answers()).length > 0, 90_000)
    await owner.say(quiet, 'Mira, and now?')
    await until('jobs run', async () => (await answers()).length === 2, 30_000)
    expect(await answers()).toEqual(['I am here.', 'I am here.'])
    for (const socket of sockets) {
      expect(socket.closeCode).toBeNull()
      const heard = new Set(socket.received('MESSAGE_CREATE').map((message) => message.id))
      expect(socket.invalidated || load.said.every(({ id }) => heard.has(id))).toBe(true)
      socket.cut()
    }
    console.info(`messages were taken again ${Math.round(recoveredMs)} ms after the database was killed`)
  },
  4 * MINUTES_MS,
)

test(
  'a character’s turn that the server died in is answered once when it is back',
  async () => {
    await using model = await SlowModel.start()
    const { env } = await place(model.env)
    let server = await ServerProcess.start(env)
    try {
      const world = worldOf(server)
      const { owner, channelId } = await world.guild()
      const mira = await world.character({ name: 'Mira' })
      model.hold()
      await owner.say(channelId, 'Mira, are you there?')
      await until('the character writes', () => model.calls > 0, 10_000)
      await server.kill()
      model.release()
      server = await ServerProcess.start(env)
      const answers = () => contents(owner, channelId, mira.id)
      await until('it has answered', async () => (await answers()).length > 0, 60_000)
      await sleep(1_000)
      expect(await answers()).toEqual(['I am here.'])
    } finally {
      await server[Symbol.asyncDispose]()
    }
  },
  3 * MINUTES_MS,
)

onLinux(
  'Ctrl-C ends everything that was started, in the middle of a turn too, and the next start finds it all',
  async () => {
    await using model = await SlowModel.start()
    const { dataDir, env } = await place(model.env)
    const first = await ServerProcess.start(env)
    const world = worldOf(first)
    const { owner, channelId } = await world.guild()
    const mira = await world.character({ name: 'Mira' })
    const socket = await owner.connect()
    model.hold()
    await owner.say(channelId, 'Mira, are you there?')
    await until('the character writes', () => model.calls > 0, 10_000)
    const started = [...descendantsOf(first.pid).keys()]
    expect(started).toContain(await postmasterOf(dataDir))
    const beganAt = performance.now()
    first.interrupt()
    const ended = await first.ended
    expect(ended).toMatchObject({ code: 0, signal: null })
    expect(performance.now() - beganAt).toBeLessThan(10_000)
    expect(started.filter(isAlive)).toEqual([])
    expect(await postmasterOf(dataDir)).toBeNull()
    expect(socket.closeCode).toBe(1001)
    model.release()
    await using second = await ServerProcess.start(env)
    expect(second.output).not.toContain('error')
    const answers = () => contents(owner, channelId, mira.id)
    await until('it has answered', async () => (await answers()).length > 0, 60_000)
    expect(await answers()).toEqual(['I am here.'])
  },
  3 * MINUTES_MS,
)

onLinux(
  'Ctrl-C while it is still starting leaves nothing behind either',
  async () => {
    const { dataDir, env } = await place()
    const server = new ServerProcess(env)
    await until(
      'it began',
      async () => (await postmasterOf(dataDir)) !== null || server.output !== '',
      30_000,
    )
    const started = [...descendantsOf(server.pid).keys()]
    server.interrupt()
    const ended = await server.ended
    expect(ended.signal).toBeNull()
    await sleep(200)
    expect(started.filter(isAlive)).toEqual([])
    const postmaster = await postmasterOf(dataDir)
    expect(postmaster === null || !isAlive(postmaster)).toBe(true)
    await using again = await ServerProcess.start(env)
    expect(again.origin).toContain('http')
  },
  2 * MINUTES_MS,
)

onLinux(
  'the bundled model’s process ends with the server, whether it is stopped or killed',
  async () => {
    const { env } = await place({ CONVIVE_BUNDLED_MODEL: 'true' })
    for (const stop of ['kill', 'interrupt'] as const) {
      const server = await ServerProcess.start(env)
      const models = () =>
        [...descendantsOf(server.pid)]
          .filter(([, command]) => command.includes('bundled/child.ts'))
          .map(([pid]) => pid)
      await until('the model has a process', () => models().length > 0, 60_000)
      const started = models()
      await server[stop]()
      await server.ended
      await until('the model’s process has ended', () => !started.some(isAlive), 10_000)
    }
  },
  4 * MINUTES_MS,
)
