import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createWorld } from '../world.ts'

const presence = (name: string) => ({
  op: 3,
  d: { since: null, status: 'dnd', afk: false, activities: [{ name, type: 0 }] },
})

test('what no column holds is no payload, and takes nobody else along', async () => {
  await using world = await createWorld()
  const [ada, bob, eve] = await world.members(3)
  if (!ada || !bob || !eve) throw new Error('nobody came')
  using watcher = await ada.connect()
  using honest = await bob.connect()
  const hostile = await eve.connect()
  hostile.send(presence('nul \0'))
  honest.send(presence('half \ud83d'))
  const told = await watcher.waitFor(
    'PRESENCE_UPDATE',
    (event) => event.d.user.id === bob.id && event.d.status === 'dnd',
  )
  expect(told.d.activities).toMatchObject([{ name: 'half \ufffd' }])
  await sleep(100)
  expect(hostile.closeCode).toBe(4002)
  const asking = await eve.connect()
  asking.send({ op: 8, d: { guild_id: (await world.guild()).id, query: '\0', limit: 1 } })
  await sleep(200)
  expect(asking.closeCode).toBe(4002)
})
