import { expect, test } from 'vitest'
import type { UserState } from '../accounts/users.ts'
import type { SaidFacts } from '../messages/casting.ts'
import type { CastMember } from './cast.ts'
import { direct, isNamed, type Speaker } from './director.ts'

const member = (name: string, talkativeness = 0.5): CastMember => ({
  characterId: `id-${name}`,
  names: [name],
  talkativeness,
  roleIds: [],
})
const said = (content: string, extra: Partial<SaidFacts> = {}): SaidFacts => ({
  author: { id: 'ada', kind: 'person' } as UserState,
  content,
  mentionedUserIds: [],
  mentionsEveryone: false,
  repliedUserId: null,
  ...extra,
})
const person = (userId: string): Speaker => ({ userId, person: true })
const machine = (userId: string): Speaker => ({ userId, person: false })
const recent =
  (...speakers: Speaker[]) =>
  async () =>
    speakers

test.each([
  ['Mira, are you there?', 'Mira', true],
  ['MIRA!', 'mira', true],
  ['admiral', 'Mira', false],
  ['Miranda', 'Mira', false],
  ['你好阿墨在吗', '阿墨', true],
  ['阿墨，今天好吗', '阿墨', true],
  ['ask Mira吧', 'Mira', true],
  ['ＭＩＲＡ？', 'Mira', true],
  ['a b', 'a', false],
])('%j names %j: %s', (text, name, expected) => {
  expect(isNamed(text, name)).toBe(expected)
})

test('who is called answers, and nobody else', async () => {
  const cast = [member('Mira', 1), member('Tom', 0)]
  expect((await direct(cast, said('Tom?'), false, recent())).characterIds).toEqual(['id-Tom'])
  const mentioned = said('hey', { mentionedUserIds: ['id-Mira'] })
  expect((await direct(cast, mentioned, false, recent())).characterIds).toEqual(['id-Mira'])
  const replied = said('and then?', { repliedUserId: 'id-Tom' })
  expect((await direct(cast, replied, false, recent())).characterIds).toEqual(['id-Tom'])
})

test('a message for somebody else is nobody’s business', async () => {
  const cast = [member('Mira', 1)]
  expect(
    (await direct(cast, said('hi', { mentionedUserIds: ['bob'] }), false, recent())).characterIds,
  ).toEqual([])
  expect((await direct(cast, said('yes', { repliedUserId: 'bob' }), false, recent())).characterIds).toEqual(
    [],
  )
})

test('a lone person is answered by one; people who talk among themselves are left alone', async () => {
  const cast = [member('Mira'), member('Tom', 0.4)]
  expect((await direct(cast, said('nice weather'), false, recent(person('ada')))).characterIds).toEqual([
    'id-Mira',
  ])
  const amongPeople = recent(person('bob'), person('ada'), person('bob'))
  expect((await direct(cast, said('see you at eight'), false, amongPeople)).characterIds).toEqual([])
})

test('whoever spoke last goes on; a silent character never joins in', async () => {
  const cast = [member('Mira', 0.5), member('Tom', 0.5), member('Zoe', 0)]
  const afterTom = recent(machine('id-Tom'), person('ada'))
  expect((await direct(cast, said('why?'), false, afterTom)).characterIds).toEqual(['id-Tom'])
  expect((await direct([member('Zoe', 0)], said('anyone?'), false, recent())).characterIds).toEqual([])
})

test('characters tire of each other', async () => {
  const mira = said('I think so.', { author: { id: 'id-Mira', kind: 'character' } as UserState })
  const cast = [member('Tom', 0.6)]
  const first = await direct(cast, mira, false, recent(person('ada')))
  expect(first.characterIds).toEqual(['id-Tom'])
  const later = recent(machine('id-Tom'), machine('id-Mira'), machine('id-Tom'), person('ada'))
  expect((await direct(cast, mira, false, later)).characterIds).toEqual([])
})

test('in a conversation of two every message is for the other', async () => {
  const quiet = await direct([member('Mira', 0)], said('hm'), true, recent())
  expect(quiet).toEqual({ byPerson: true, characterIds: ['id-Mira'], unattendedLimit: 6 })
})
