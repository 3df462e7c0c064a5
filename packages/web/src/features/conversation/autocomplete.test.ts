import { expect, test } from 'vitest'
import { BOB, CHANNEL_ID, GUILD, id, MEI, member, role, stateAfter, user } from '../../store/test-objects.ts'
import { findTrigger, suggest, toMarkup } from './autocomplete.ts'

const snow = user(id(60), 'snow', { global_name: '小雪', bot: true, convive: { kind: 'character' } })
const state = stateAfter(
  ['GUILD_MEMBER_ADD', { guild_id: GUILD, ...member(snow) }],
  [
    'GUILD_ROLE_CREATE',
    { guild_id: GUILD, role: role(id(20), { name: 'tea lovers', mentionable: true, position: 1 }) },
  ],
)
const channel = state.channels[CHANNEL_ID]
if (!channel) throw new Error('no channel')
const markup = (text: string, picked = new Map<string, string>()) => toMarkup(state, channel, text, picked)

test('a mark that begins a word opens the list, also right after Chinese', () => {
  expect(findTrigger('hi @me', 6)).toEqual({ mark: '@', query: 'me', start: 3 })
  expect(findTrigger('你好@小', 4)).toEqual({ mark: '@', query: '小', start: 2 })
  expect(findTrigger('#gen', 4)).toEqual({ mark: '#', query: 'gen', start: 0 })
  expect(findTrigger('a@b', 3)).toBeNull()
  expect(findTrigger('@me you', 7)).toBeNull()
})

test('characters come first, then people, then roles', () => {
  const found = suggest(state, channel, { mark: '@', query: '', start: 0 })
  expect(found.map((item) => item.id)).toEqual([MEI, id(60), BOB, id(20)])
})

test('names become marks, picked or typed, and Chinese may follow at once', () => {
  expect(markup('hi @bob!')).toBe(`hi <@${BOB}>!`)
  expect(markup('@小雪你觉得呢')).toBe(`<@${id(60)}>你觉得呢`)
  expect(markup('@snow')).toBe(`<@${id(60)}>`)
  expect(markup('see #general')).toBe(`see <#${CHANNEL_ID}>`)
  expect(markup('@tea lovers, come')).toBe(`<@&${id(20)}>, come`)
})

test('what only looks like a name stays as it is', () => {
  expect(markup('@bobby and mail@bob.org')).toBe('@bobby and mail@bob.org')
  expect(markup('@everyone')).toBe('@everyone')
})
