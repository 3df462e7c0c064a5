import { expect, test } from 'vitest'
import { bob, id, ME, MEI, me, mei, message } from '../../store/test-objects.ts'
import { buildRows, type RowsInput } from './rows.ts'

const input = (extra: Partial<RowsInput>): RowsInput => ({
  history: { items: [], hasOlder: false, hasNewer: false, stale: false },
  echoes: [],
  drafts: [],
  dividerAfter: null,
  myId: ME,
  now: 0,
  ...extra,
})

const history = (...items: ReturnType<typeof message>[]) => ({
  items,
  hasOlder: false,
  hasNewer: false,
  stale: false,
})
const kinds = (given: RowsInput) => buildRows(given).map((row) => row.kind)

test('messages of one author shortly after each other stand under one name', () => {
  const rows = buildRows(
    input({
      history: history(
        message(10, bob, 'a'),
        message(11, bob, 'b'),
        message(12, mei, 'c'),
        message(900, mei, 'd'),
      ),
    }),
  )
  expect(rows.flatMap((row) => (row.kind === 'message' ? [row.grouped] : []))).toEqual([
    false,
    true,
    false,
    false,
  ])
})

test('a day is told once, also around something that happened', () => {
  const pinned = message(11, bob, '', { type: 6 })
  expect(kinds(input({ history: history(message(10, bob, 'a'), pinned, message(12, bob, 'c')) }))).toEqual([
    'beginning',
    'day',
    'message',
    'message',
    'message',
    'end',
  ])
})

test('a line stands before the first unread message of somebody else', () => {
  const given = input({
    history: history(message(10, bob, 'a'), message(11, me, 'b'), message(12, bob, 'c')),
    dividerAfter: id(10),
  })
  expect(kinds(given)).toEqual(['beginning', 'day', 'message', 'message', 'new', 'message', 'end'])
})

test('a draft and its message have the same key, so that one replaces the other in place', () => {
  const draft = {
    channel_id: 'c',
    draft_id: '7',
    character_id: MEI,
    message_id: null,
    phase: 'speaking' as const,
    offset: 0,
    text: 'Hi',
  }
  const before = buildRows(input({ drafts: [draft] })).find((row) => row.kind === 'draft')
  const after = buildRows(input({ history: history(message(10, mei, 'Hi', { nonce: '7' })) })).find(
    (row) => row.kind === 'message',
  )
  expect(before?.key).toBe(after?.key)
})

test('an echo stands before drafts, and goes when its message is there', () => {
  const echo = { nonce: '5', content: 'x', attachments: [], reply_to: null, created_at: 0, failure: null }
  const draft = {
    channel_id: 'c',
    draft_id: '7',
    character_id: MEI,
    message_id: null,
    phase: 'thinking' as const,
    offset: 0,
    text: '',
  }
  expect(kinds(input({ echoes: [echo], drafts: [draft] }))).toEqual(['beginning', 'echo', 'draft', 'end'])
  expect(kinds(input({ echoes: [echo], history: history(message(10, me, 'x', { nonce: '5' })) }))).toEqual([
    'beginning',
    'day',
    'message',
    'end',
  ])
})

test('a regeneration is shown in its message', () => {
  const draft = {
    channel_id: 'c',
    draft_id: '7',
    character_id: MEI,
    message_id: id(10),
    phase: 'speaking' as const,
    offset: 0,
    text: 'N',
  }
  const rows = buildRows(input({ drafts: [draft], history: history(message(10, mei, 'old')) }))
  expect(rows.filter((row) => row.kind === 'draft')).toEqual([])
  expect(rows.find((row) => row.kind === 'message')).toMatchObject({ live: draft })
})

test('the note about the bundled model stands at the first of its answers only', () => {
  const rows = buildRows(
    input({
      history: history(
        message(10, mei, 'a', { convive: { bundled: true } }),
        message(11, mei, 'b', { convive: { bundled: true } }),
      ),
    }),
  )
  expect(rows.flatMap((row) => (row.kind === 'message' ? [row.note] : []))).toEqual([true, false])
})
