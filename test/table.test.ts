import { expect, test } from 'vitest'
import { scriptedModel } from './models.ts'
import { createWorld, must } from './world.ts'

test('two people talk: send, reply, edit, react, pin, delete reach the other in order', async () => {
  await using world = await createWorld()
  const { id: guildId, channelId } = await world.guild()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  using socket = await world.connect(bob)
  const first = await ada.say(channelId, `hello <@${bob.id}>`, { nonce: 'n1' })
  expect(first).toMatchObject({
    content: `hello <@${bob.id}>`,
    nonce: 'n1',
    author: { id: ada.id },
    mentions: [{ id: bob.id }],
  })
  const reply = await bob.say(channelId, 'hi', { message_reference: { message_id: first.id } })
  expect(reply).toMatchObject({ type: 19, referenced_message: { id: first.id } })
  must(await ada.api.patch(`/channels/${channelId}/messages/${first.id}`, { content: 'hello!' }), 200)
  must(
    await bob.api.put(
      `/channels/${channelId}/messages/${first.id}/reactions/${encodeURIComponent('👍')}/@me`,
    ),
    204,
  )
  must(await ada.api.put(`/channels/${channelId}/messages/pins/${first.id}`), 204)
  must(await bob.api.delete(`/channels/${channelId}/messages/${reply.id}`), 204)
  await socket.waitFor('MESSAGE_DELETE')
  expect(socket.received('MESSAGE_CREATE').map((message) => message.content)).toEqual([
    `hello <@${bob.id}>`,
    'hi',
    '',
  ])
  expect(socket.received('MESSAGE_CREATE')[0]).toMatchObject({ guild_id: guildId, nonce: 'n1' })
  expect(socket.received('MESSAGE_UPDATE')[0]).toMatchObject({ id: first.id, content: 'hello!' })
  expect(socket.received('MESSAGE_REACTION_ADD')[0]).toMatchObject({ user_id: bob.id, emoji: { name: '👍' } })
  const page = must(await bob.api.get(`/channels/${channelId}/messages?limit=10`), 200)
  expect(page.map((message: { content: string }) => message.content)).toEqual(['', 'hello!'])
  expect(page[1].reactions).toMatchObject([{ count: 1, me: true, emoji: { name: '👍' } }])
})

test('the same nonce twice is one message', async () => {
  await using world = await createWorld()
  const { channelId, owner } = await world.guild()
  const sent = await Promise.all([1, 2, 3, 4].map(() => owner.say(channelId, 'once', { nonce: 'same' })))
  expect(new Set(sent.map((message) => message.id)).size).toBe(1)
  expect(must(await owner.api.get(`/channels/${channelId}/messages`), 200)).toHaveLength(1)
})

test('a member who cannot see the channel gets no event', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const secret = await world.channel({ hiddenFrom: bob })
  using socket = await world.connect(bob)
  await ada.say(secret, 'hi')
  await world.settled()
  expect(socket.received('MESSAGE_CREATE')).toEqual([])
  expect((await bob.api.get(`/channels/${secret}/messages`)).body).toMatchObject({ code: 50001 })
})

test('a character answers when it is named, streams, and its answer can be written anew and paged', async () => {
  const model = scriptedModel((_, n) => `Mira: answer number ${n}`)
  await using world = await createWorld({ models: model.models })
  const { channelId, owner } = await world.guild()
  const mira = await world.character({ name: 'Mira', personality: 'calm' })
  using socket = await world.connect(owner)
  await owner.say(channelId, 'Mira, how are you?')
  const answer = await socket.waitFor('MESSAGE_CREATE', (event) => event.d.author.id === mira.id)
  expect(answer.d).toMatchObject({
    content: 'answer number 0',
    author: { bot: true, convive: { kind: 'character' } },
  })
  const drafts = socket.received('CONVIVE_DRAFT')
  expect(drafts[0]).toMatchObject({ phase: 'thinking', channel_id: channelId })
  expect(drafts.map((draft) => draft.text).join('')).toBe('answer number 0')
  expect(answer.d.nonce).toBe(drafts[0].draft_id)
  expect(model.prompts[0]).toContain('calm')
  await world.settled()
  must(await owner.api.post(`/api/convive/v1/channels/${channelId}/messages/${answer.d.id}/regenerate`), 204)
  const again = await socket.waitFor('MESSAGE_UPDATE')
  expect(again.d).toMatchObject({
    content: 'answer number 1',
    convive: { alternatives: { index: 1, count: 2 } },
  })
  await world.settled()
  const path = `/api/convive/v1/channels/${channelId}/messages/${answer.d.id}/alternative`
  expect(must(await owner.api.put(path, { index: 0 }), 200)).toMatchObject({
    content: 'answer number 0',
    convive: { alternatives: { index: 0, count: 2 } },
  })
  expect((await owner.api.put(path, { index: 7 })).body).toMatchObject({ code: 900013 })
})

test('an answer can be stopped: what was written stays', async () => {
  const model = scriptedModel(() => 'one two three four five six seven eight nine ten', { pauseMs: 100 })
  await using world = await createWorld({ models: model.models })
  const { channelId, owner } = await world.guild()
  await world.character({ name: 'Mira' })
  using socket = await world.connect(owner)
  await owner.say(channelId, 'Mira, count')
  const draft = await socket.waitFor('CONVIVE_DRAFT', (event) => event.d.text !== '')
  must(await owner.api.post(`/api/convive/v1/channels/${channelId}/drafts/${draft.d.draft_id}/stop`), 204)
  const end = await socket.waitFor('CONVIVE_DRAFT_END')
  expect(end.d.outcome).toBe('stopped')
  const said = socket.received('MESSAGE_CREATE').at(-1)
  expect(said.convive).toMatchObject({ stopped: true })
  expect('one two three four five six seven eight nine ten'.startsWith(said.content)).toBe(true)
  expect(said.content.length).toBeLessThan(40)
})

test('a model that fails leaves a notice, and trying again answers in its place', async () => {
  const model = scriptedModel((_, n) => (n === 0 ? new Error('boom') : 'better now'))
  await using world = await createWorld({ models: model.models })
  const { channelId, owner } = await world.guild()
  const mira = await world.character({ name: 'Mira' })
  using socket = await world.connect(owner)
  await owner.say(channelId, 'Mira?')
  const notice = await socket.waitFor('MESSAGE_CREATE', (event) => event.d.author.id === mira.id)
  expect(notice.d.convive.notice).toMatchObject({ failure: 'Failed' })
  expect(notice.d.content).toContain('⚠️')
  await world.settled()
  must(await owner.api.post(`/api/convive/v1/channels/${channelId}/messages/${notice.d.id}/regenerate`), 204)
  const answer = await socket.waitFor('MESSAGE_UPDATE')
  expect(answer.d).toMatchObject({ id: notice.d.id, content: 'better now' })
  expect(answer.d.convive.notice).toBeUndefined()
  expect(model.prompts.at(-1)).not.toContain('⚠️')
})

test('two characters hold a short exchange and stop by themselves', async () => {
  const model = scriptedModel((_, n) => (n % 2 === 0 ? `Tom, I say ${n}` : `Mira, I say ${n}`))
  await using world = await createWorld({ models: model.models })
  const { channelId, owner } = await world.guild()
  await world.character({ name: 'Mira', talkativeness: 1 })
  await world.character({ name: 'Tom', talkativeness: 1 })
  await owner.say(channelId, 'Mira, ask Tom something')
  await world.settled()
  const said = must(await owner.api.get(`/channels/${channelId}/messages?limit=50`), 200)
  const answers = said.filter((message: { author: { bot: boolean } }) => message.author.bot)
  expect(answers.length).toBeGreaterThanOrEqual(2)
  expect(answers.length).toBeLessThanOrEqual(6)
  const { rows } = await world.app.db.pool.query('SELECT unattended FROM channel_floors')
  expect(rows[0].unattended).toBe(answers.length)
})

test('a character and a looping bot stop', async () => {
  const model = scriptedModel(() => 'and you?')
  await using world = await createWorld({ models: model.models })
  const { channelId } = await world.guild()
  const mira = await world.character({ name: 'Mira', talkativeness: 1 })
  const bot = await world.bot()
  using socket = await world.connect(bot, { intents: 33281 })
  let answered = 0
  for (let round = 0; round < 12; round++) {
    await bot.say(channelId, `<@${mira.id}> round ${round}`)
    await world.settled()
    answered = socket.received('MESSAGE_CREATE').filter((message) => message.author.id === mira.id).length
  }
  expect(answered).toBeGreaterThan(0)
  expect(answered).toBeLessThanOrEqual(3)
})

test('opening a DM with a character brings its greeting, and it answers every message there', async () => {
  const model = scriptedModel(() => 'of course')
  await using world = await createWorld({ models: model.models })
  const { owner } = await world.guild()
  const mira = await world.character({ name: 'Mira', greetings: ['Hello {{user}}, I am {{char}}.'] })
  using socket = await world.connect(owner)
  const dm = must(await owner.api.post('/users/@me/channels', { recipient_id: mira.id }), 200)
  const greeting = await socket.waitFor('MESSAGE_CREATE')
  expect(greeting.d.content).toBe(`Hello ${owner.name}, I am Mira.`)
  await owner.say(dm.id, 'will you help me')
  const answer = await socket.waitFor('MESSAGE_CREATE', (event) => event.d.content === 'of course')
  expect(answer.d.guild_id).toBeUndefined()
})

test('a ban takes what the banned said lately with it', async () => {
  await using world = await createWorld()
  const [ada, bob] = await world.members(2)
  if (!ada || !bob) throw new Error('nobody came')
  const { id, channelId } = await world.guild()
  using socket = await world.connect(ada)
  const kept = await ada.say(channelId, 'mine')
  const spam = [await bob.say(channelId, 'spam'), await bob.say(channelId, 'more spam')]
  must(await ada.api.put(`/guilds/${id}/bans/${bob.id}`, { delete_message_seconds: 3600 }), 204)
  const gone = await socket.waitFor('MESSAGE_DELETE_BULK')
  expect(gone.d.ids.toSorted()).toEqual(spam.map((message) => message.id).toSorted())
  const left = must(await ada.api.get(`/channels/${channelId}/messages`), 200) as { id: string }[]
  expect(left.map((message) => message.id)).toEqual([kept.id])
})
