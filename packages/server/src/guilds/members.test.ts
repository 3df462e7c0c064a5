import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, must, type World } from '../../../../test/world.ts'

let world: World
beforeAll(async () => {
  // Nothing in the background that would be counted too.
  world = await createWorld({ env: { CONVIVE_RATE_LIMITS: 'false', CONVIVE_ROLES: 'api' } })
})
afterAll(() => world[Symbol.asyncDispose]())

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

async function invite(body: object = {}): Promise<string> {
  const { channelId, owner } = await world.guild()
  const made = await owner.api.post(`/channels/${channelId}/invites`, { unique: true, ...body })
  return must(made, 200).code
}

test('coming and going cost the same with 3 members as with 2,000', async () => {
  const { id } = await world.guild()
  const code = await invite()
  const story = async () => {
    const person = await world.person()
    must(await person.api.get('/users/@me'), 200)
    const join = await countQueries(async () => must(await person.api.post(`/invites/${code}`), 200))
    const again = await countQueries(async () => must(await person.api.post(`/invites/${code}`), 200))
    const leave = await countQueries(async () =>
      must(await person.api.delete(`/users/@me/guilds/${id}`), 204),
    )
    return { join, again, leave }
  }
  await story()
  const few = await story()
  await world.app.db.pool.query(
    `WITH made AS (INSERT INTO users (kind, username) SELECT 'person', 'crowd' || n FROM generate_series(1, 2000) n RETURNING id)
     INSERT INTO members (guild_id, user_id) SELECT $1, id FROM made`,
    [id],
  )
  expect(await story()).toEqual(few)
  expect(few.join).toBeLessThanOrEqual(12)
})

test('ten at once by an invite for one: one is in, and is counted', async () => {
  const { id, owner } = await world.guild()
  const before = must(await owner.api.get(`/guilds/${id}?with_counts=1`), 200).approximate_member_count
  const code = await invite({ max_uses: 1 })
  const crowd = await Promise.all(Array.from({ length: 10 }, () => world.person()))
  const answers = await Promise.all(crowd.map((person) => person.api.post(`/invites/${code}`)))
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1)
  const after = must(await owner.api.get(`/guilds/${id}?with_counts=1`), 200).approximate_member_count
  expect(after).toBe(before + 1)
})

test('one person by many invites at once is one member, and uses one up', async () => {
  const { id, owner } = await world.guild()
  const codes = await Promise.all(Array.from({ length: 4 }, () => invite({ max_uses: 1 })))
  const bob = await world.person()
  const answers = await Promise.all(codes.map((code) => bob.api.post(`/invites/${code}`)))
  expect(answers.map((answer) => must(answer, 200).new_member).filter(Boolean)).toHaveLength(1)
  const left: { code: string }[] = must(await owner.api.get(`/guilds/${id}/invites`), 200)
  expect(left.filter(({ code }) => codes.includes(code))).toHaveLength(3)
})

test('whoever is banned while joining is not in', async () => {
  const { id, owner } = await world.guild()
  const code = await invite()
  for (let round = 0; round < 10; round++) {
    const eve = await world.person()
    const [, banned] = await Promise.all([
      eve.api.post(`/invites/${code}`),
      owner.api.put(`/guilds/${id}/bans/${eve.id}`, {}),
    ])
    must(banned, 204)
    expect((await eve.api.get(`/guilds/${id}`)).status).toBe(404)
    expect((await owner.api.get(`/guilds/${id}/members/${eve.id}`)).status).toBe(404)
  }
  const { rows } = await world.app.db.pool.query(
    `SELECT member_count AS kept, (SELECT count(*)::int FROM members WHERE guild_id = g.id) AS counted
     FROM guilds g WHERE id = $1`,
    [id],
  )
  // The crowd of the first test was written past the count.
  expect(rows[0].counted - rows[0].kept).toBe(2000)
})
