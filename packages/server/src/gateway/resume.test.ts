import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawGateway } from '../../../../test/raw-gateway.ts'
import { createWorld, type Person, type World } from '../../../../test/world.ts'
import { eventId } from '../storage/database.ts'
import { REPLAY_EVENTS } from './replay-log.ts'

let world: World
let ada: Person
let bob: Person
let channelId: string
beforeAll(async () => {
  world = await createWorld({ timing: { helloDelayMs: 1, resumeWindowMs: 20_000 } })
  const people = await world.members(2)
  ada = people[0] as Person
  bob = people[1] as Person
  channelId = (await world.guild()).channelId
})
afterAll(() => world[Symbol.asyncDispose]())

async function resumeOn(socket: RawGateway, token: string, sessionId: string, seq: number): Promise<void> {
  await socket.op(10)
  socket.send({ op: 6, d: { token, session_id: sessionId, seq } })
}

const said = (socket: RawGateway) => socket.dispatches('MESSAGE_CREATE').map((frame) => frame.d.content)

test('a resume repeats what was missed, exactly and in order, then goes on', async () => {
  using first = new RawGateway(world.url)
  const ready = await first.identify(bob.token)
  await ada.say(channelId, 'seen')
  const seen = await first.event('MESSAGE_CREATE', (frame) => frame.d.content === 'seen')
  first.socket.terminate()
  for (let n = 0; n < 10; n++) await ada.say(channelId, `missed ${n}`)
  using second = new RawGateway(world.url, 'v=10&encoding=json&compress=zlib-stream')
  await resumeOn(second, bob.token, ready.d.session_id, seen.s ?? 0)
  await second.event('RESUMED')
  expect(said(second)).toEqual(Array.from({ length: 10 }, (_, n) => `missed ${n}`))
  await ada.say(channelId, 'after')
  await second.event('MESSAGE_CREATE', (frame) => frame.d.content === 'after')
  const seqs = second.dispatches().map((frame) => frame.s)
  expect(seqs).toEqual(seqs.map((_, n) => (seen.s ?? 0) + 1 + n))
  expect(said(second)).toHaveLength(11)
  const names = second.dispatches().map((frame) => frame.t)
  expect(names.indexOf('RESUMED')).toBeGreaterThan(names.indexOf('MESSAGE_CREATE'))
})

test('a second resume takes the session from the first socket', async () => {
  using first = new RawGateway(world.url)
  const ready = await first.identify(bob.token)
  using second = new RawGateway(world.url)
  await resumeOn(second, bob.token, ready.d.session_id, 1)
  await second.event('RESUMED')
  expect(await first.closed()).toBe(4009)
  await ada.say(channelId, 'to the second')
  await second.event('MESSAGE_CREATE', (frame) => frame.d.content === 'to the second')
})

test("a session ends by a goodbye and is nobody else's", async () => {
  using first = new RawGateway(world.url)
  const { d: ended } = await first.identify(bob.token)
  first.socket.close(1000)
  await first.closed()
  using second = new RawGateway(world.url)
  await resumeOn(second, bob.token, ended.session_id, 1)
  expect((await second.op(9)).d).toBe(false)
  // The same socket may identify then.
  second.send({ op: 2, d: { token: bob.token, properties: {} } })
  const ready = await second.event('READY')
  using thief = new RawGateway(world.url)
  await resumeOn(thief, ada.token, ready.d.session_id, 1)
  expect((await thief.op(9)).d).toBe(false)
  using ahead = new RawGateway(world.url)
  await resumeOn(ahead, bob.token, ready.d.session_id, 999)
  expect(await ahead.closed()).toBe(4007)
  second.socket.close(4200)
  await second.closed()
  using third = new RawGateway(world.url)
  await resumeOn(third, bob.token, ready.d.session_id, 1)
  await third.event('RESUMED')
})

test('a session that nobody comes back to ends', async () => {
  await using hasty = await createWorld({ timing: { helloDelayMs: 1, resumeWindowMs: 200 } })
  const person = await hasty.person()
  using first = new RawGateway(hasty.url)
  const ready = await first.identify(person.token)
  first.socket.terminate()
  await sleep(2_500)
  using late = new RawGateway(hasty.url)
  await resumeOn(late, person.token, ready.d.session_id, 1)
  expect((await late.op(9)).d).toBe(false)
})

test('a client that does not read is cut, others are not held up, and it may resume', async () => {
  using slow = new RawGateway(world.url)
  const ready = await slow.identify(bob.token)
  using quick = new RawGateway(world.url)
  await quick.identify(bob.token)
  slow.socket.pause()
  const guildId = (await world.guild()).id
  const pad = 'x'.repeat(6_000)
  let count = 0
  const publish = () =>
    world.app.bus.publish({
      id: eventId(),
      type: 'TYPING_START',
      audience: { guildId, channelId },
      data: { guild_id: guildId, channel_id: channelId, user_id: ada.id, n: count++, pad },
    })
  for (; count < REPLAY_EVENTS - 500; ) {
    for (let n = 0; n < 50; n++) publish()
    await quick.until(() => quick.dispatches('TYPING_START').length === count, `all ${count}`)
  }
  await sleep(50)
  slow.socket.resume()
  expect(await slow.closed()).toBe(1006)
  const got = slow.dispatches('TYPING_START').length
  expect(got).toBeLessThan(count)
  const last = slow.dispatches().at(-1)?.s ?? 0
  expect(slow.dispatches().map((frame) => frame.s)).toEqual(Array.from({ length: last }, (_, n) => n + 1))
  using again = new RawGateway(world.url)
  await resumeOn(again, bob.token, ready.d.session_id, last)
  await again.until(
    () => again.dispatches('RESUMED').length > 0 || again.frames.some((frame) => frame.op === 9),
    'an answer',
  )
  if (again.frames.some((frame) => frame.op === 9)) throw new Error('could not resume')
  const numbers = again.dispatches('TYPING_START').map((frame) => frame.d.n)
  expect(numbers).toEqual(Array.from({ length: count - got }, (_, n) => got + n))
})
