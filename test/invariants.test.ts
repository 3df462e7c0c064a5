import pg from 'pg'
import { expect, test } from 'vitest'
import { scriptedModel } from './models.ts'
import { createWorld, must } from './world.ts'

/** Statements that this process sends to the database while `work` runs. */
async function countQueries(work: () => Promise<unknown>): Promise<number> {
  const original = pg.Client.prototype.query
  let count = 0
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    count++
    return Reflect.apply(original, this, args)
  } as typeof original
  try {
    await work()
  } finally {
    pg.Client.prototype.query = original
  }
  return count
}

test('a send costs the same with 5 members as with 2,000', async () => {
  await using world = await createWorld({ env: { CONVIVE_ROLES: 'api,gateway' } })
  const { id, channelId, owner } = await world.guild()
  await owner.say(channelId, 'warm')
  const few = await countQueries(() => owner.say(channelId, '@everyone few'))
  await world.app.db.pool.query(
    `WITH made AS (INSERT INTO users (kind, username) SELECT 'person', 'crowd' || n FROM generate_series(1, 2000) n RETURNING id)
     INSERT INTO members (guild_id, user_id) SELECT $1, id FROM made`,
    [id],
  )
  const many = await countQueries(() => owner.say(channelId, '@everyone many'))
  expect(many).toBe(few)
  expect(few).toBe(1)
})

test('read states are right across two devices', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const { channelId } = await world.guild()
  using phone = await world.connect(bob)
  const first = await ada.say(channelId, `<@${bob.id}> one`)
  const second = await ada.say(channelId, `@everyone two <@${bob.id}>`)
  await ada.say(channelId, 'three')
  const state = async () => {
    using fresh = await world.connect(bob)
    return fresh.ready.read_state.entries.find((entry: { id: string }) => entry.id === channelId)
  }
  expect(await state()).toMatchObject({ mention_count: 2 })
  must(await bob.api.post(`/channels/${channelId}/messages/${first.id}/ack`, { token: null }), 200)
  const ack = await phone.waitFor('MESSAGE_ACK')
  expect(ack.d).toMatchObject({ channel_id: channelId, message_id: first.id, mention_count: 1 })
  expect(await state()).toMatchObject({ last_message_id: first.id, mention_count: 1 })
  must(await bob.api.post(`/channels/${channelId}/messages/${second.id}/ack`, { token: null }), 200)
  must(await bob.api.post(`/channels/${channelId}/messages/${first.id}/ack`, { token: null }), 200)
  expect(await state()).toMatchObject({ last_message_id: second.id, mention_count: 0 })
  const mine = await bob.say(channelId, 'my own words are read')
  expect(await state()).toMatchObject({ last_message_id: mine.id, mention_count: 0 })
})

test('paging by after never misses a message that is being written', async () => {
  await using world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false' } })
  const people = await world.members(4)
  const { channelId, owner } = await world.guild()
  const seen: string[] = []
  let writing = true
  const reader = (async () => {
    let after = '0'
    for (let idle = 0; writing || idle < 2; ) {
      const page = must(
        await owner.api.get(`/channels/${channelId}/messages?limit=100&after=${after}`),
        200,
      ) as { id: string }[]
      idle = page.length === 0 ? idle + 1 : 0
      for (const message of page.toReversed()) seen.push(message.id)
      after = page[0]?.id ?? after
    }
  })()
  const sent = await Promise.all(
    people.map(async (person) => {
      const ids: string[] = []
      for (let n = 0; n < 25; n++) ids.push((await person.say(channelId, `${person.name} ${n}`)).id)
      return ids
    }),
  )
  writing = false
  await reader
  expect(new Set(seen)).toEqual(new Set(sent.flat()))
  expect(seen).toEqual([...seen].sort())
})

test('a character knows nothing of a channel that it may not see, nor of others’ DMs', async () => {
  const model = scriptedModel(() => 'I see')
  await using world = await createWorld({ models: model.models })
  const { channelId, owner } = await world.guild()
  const bob = await world.person()
  await world.join(bob)
  const mira = await world.character({ name: 'Mira', talkativeness: 0 })
  const tom = await world.character({ name: 'Tom', talkativeness: 0, system_prompt: 'TOMS-PRIVATE-WORDS' })
  const hidden = must(
    await owner.api.post(`/guilds/${(await world.guild()).id}/channels`, {
      name: 'hidden',
      type: 0,
      permission_overwrites: [{ id: mira.id, type: 1, allow: '0', deny: '1024' }],
    }),
    201,
  )
  await owner.say(hidden.id, 'Mira, the code is SECRET-ROOM')
  const dm = must(await owner.api.post('/users/@me/channels', { recipient_id: mira.id }), 200)
  await owner.say(dm.id, 'between us: SECRET-DM')
  await owner.say(channelId, 'Tom, hello')
  await bob.say(channelId, 'Mira, what do you know?')
  await world.settled()
  const inRoom = model.prompts.filter((prompt) => prompt.includes('what do you know'))
  expect(inRoom).toHaveLength(1)
  for (const prompt of inRoom) expect(prompt).not.toMatch(/SECRET-ROOM|SECRET-DM|TOMS-PRIVATE-WORDS/)
  expect(model.prompts.filter((prompt) => prompt.includes('SECRET-ROOM'))).toEqual([])
  expect(tom.id).not.toBe(mira.id)
})

test('no key reaches a list, and providers are the instance owner’s business', async () => {
  await using world = await createWorld({ env: { ANTHROPIC_API_KEY: 'sk-ant-very-secret-key-1234' } })
  const owner = await world.person()
  const other = await world.person()
  const providers = must(await owner.api.get('/api/convive/v1/providers'), 200)
  expect(JSON.stringify(providers)).not.toContain('very-secret')
  expect((await other.api.get('/api/convive/v1/providers')).body.code).toBe(900006)
})
