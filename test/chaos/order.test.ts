import { expect, test } from 'vitest'
import { createWorld } from '../world.ts'

test('under load a socket hears the messages of a channel in the order of their ids', async () => {
  await using world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false' } })
  const people = await world.members(12)
  const { channelId, owner } = await world.guild()
  const other = await world.channel()
  using socket = await owner.connect()
  const write = async (person: (typeof people)[number], index: number) => {
    for (let n = 0; n < 60; n++) await person.say((n + index) % 3 ? channelId : other, `${person.name} ${n}`)
  }
  await Promise.all(people.flatMap((person, index) => [write(person, index), write(person, index + 1)]))
  await world.settled()
  await socket.waitFor('MESSAGE_CREATE', () => socket.received('MESSAGE_CREATE').length === 24 * 60)
  for (const channel of [channelId, other]) {
    const ids = socket
      .received('MESSAGE_CREATE')
      .filter((message) => message.channel_id === channel)
      .map((message) => BigInt(message.id))
    const turned = ids.filter((id, index) => index > 0 && id <= (ids[index - 1] ?? 0n))
    expect(turned).toEqual([])
  }
}, 60_000)
