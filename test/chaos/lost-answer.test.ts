import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import type { GatewayClient } from '../client.ts'
import { makeDatabase } from '../databases.ts'
import { scriptedModel } from '../models.ts'
import { createWorld, must, type World, type WorldOptions } from '../world.ts'
import { FragileLine } from './fragile-line.ts'

const MINUTE_MS = 60_000

/** A world whose database answers through a line. */
async function createFragileWorld(options: WorldOptions = {}) {
  const database = await makeDatabase(inject('postgresUrl'))
  const { line, url } = await FragileLine.start(database.url)
  const env = { CONVIVE_RATE_LIMITS: 'false', CONVIVE_LOG: 'silent' }
  const world = await createWorld({ ...options, env, databaseUrl: url })
  return {
    world,
    line,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await line[Symbol.asyncDispose]()
      await database.drop()
    },
  }
}

async function history(world: World, channelId: string): Promise<string[]> {
  const { owner } = await world.guild()
  const page = must(await owner.api.get(`/channels/${channelId}/messages?limit=100`), 200)
  return page.map((message: { content: string }) => message.content)
}

/** Whoever heard all, or was told to begin anew. */
const isWhole = (socket: GatewayClient, texts: string[]) =>
  socket.invalidated ||
  texts.every((text) => socket.received('MESSAGE_CREATE').some((message) => message.content === text))

for (const withCharacter of [false, true]) {
  const where = withCharacter ? 'in a room with a character' : 'in a room of people'
  test(
    `a commit whose answer is lost makes no message twice, and leaves nobody behind: ${where}`,
    async () => {
      await using fragile = await createFragileWorld({ models: scriptedModel(() => 'hm').models })
      const { world, line } = fragile
      const people = await world.members(6)
      const { channelId, owner } = await world.guild()
      if (withCharacter) await world.character({ name: 'Mira', talkativeness: 0 })
      await owner.say(channelId, 'to begin with')
      const socket = await owner.connect()
      // The second commit is the one that many share.
      line.loseAnswerTo(withCharacter ? 'commit' : 'INSERT INTO messages', 1)
      const sent = new Map<string, number>()
      const speak = async ({ api, name }: (typeof people)[number]) => {
        for (const content of [`${name} speaks`, `${name} goes on`, `${name} ends`]) {
          const answer = await api.post(`/channels/${channelId}/messages`, { content })
          if (answer.status !== 200) expect(answer).toMatchObject({ status: 503, body: { code: 130000 } })
          sent.set(content, answer.status)
        }
      }
      await Promise.all(people.map(speak))
      expect(line.lost).toBe(1)
      const texts = await history(world, channelId)
      expect(new Set(texts).size).toBe(texts.length)
      for (const [content, status] of sent) if (status === 200) expect(texts).toContain(content)
      expect([...sent.values()]).toContain(503)
      await sleep(200)
      expect(
        isWhole(
          socket,
          texts.filter((text) => text !== 'to begin with'),
        ),
      ).toBe(true)
      socket.cut()
      using again = await owner.connect()
      await owner.say(channelId, 'and on')
      await again.waitFor('MESSAGE_CREATE', (event) => event.d.content === 'and on')
    },
    MINUTE_MS,
  )
}

test(
  'who asks again with the same nonce is not heard twice',
  async () => {
    await using fragile = await createFragileWorld()
    const { channelId, owner } = await fragile.world.guild()
    await owner.say(channelId, 'to begin with')
    fragile.line.loseAnswerTo('INSERT INTO messages')
    const post = () => owner.api.post(`/channels/${channelId}/messages`, { content: 'once', nonce: 'n' })
    expect((await post()).status).toBe(503)
    expect((await post()).status).toBe(200)
    expect(await history(fragile.world, channelId)).toEqual(['once', 'to begin with'])
  },
  MINUTE_MS,
)

test(
  'a change of the guild whose answer is lost is known all the same',
  async () => {
    await using fragile = await createFragileWorld()
    const { world, line } = fragile
    const [ada, bob] = await world.members(2)
    if (!ada || !bob) throw new Error('nobody came')
    const { id, channelId } = await world.guild()
    const path = `/channels/${channelId}/messages`
    must(await bob.api.get(path), 200)
    const socket = await bob.connect()
    line.loseAnswerTo('commit')
    expect((await ada.api.delete(`/guilds/${id}/members/${bob.id}`)).status).toBe(503)
    const stays = (await bob.api.get(path)).status === 200
    const { rowCount } = await world.app.db.pool.query('SELECT 1 FROM members WHERE user_id = $1', [bob.id])
    expect(stays).toBe(rowCount === 1)
    await ada.say(channelId, 'is bob here?')
    await sleep(200)
    expect(socket.received('MESSAGE_CREATE').length).toBe(stays && !socket.invalidated ? 1 : 0)
  },
  MINUTE_MS,
)
