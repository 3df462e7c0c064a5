import { expect, test } from 'vitest'
import { apply } from './apply.ts'
import { applyPage } from './apply-messages.ts'
import { bob, CHANNEL_ID, id, me, message, stateAfter } from './test-objects.ts'

test('a message that came while an older page was under way is there once, and calls once', () => {
  const created = message(11, bob, 'b', { mentions: [me] })
  let state = stateAfter(['MESSAGE_CREATE', created])
  state = applyPage(state, CHANNEL_ID, 'latest', [message(10, bob, 'a')], 50)
  state = apply(state, 'MESSAGE_CREATE', created, 0)
  expect(state.histories[CHANNEL_ID]?.items.map((item) => item.content)).toEqual(['a', 'b'])
  expect(state.reads[CHANNEL_ID]?.mention_count).toBe(1)
})

test('an edit that came meanwhile is not undone by the page', () => {
  const edit = { id: id(10), channel_id: CHANNEL_ID, content: 'new' }
  let state = stateAfter(['MESSAGE_UPDATE', edit])
  state = applyPage(state, CHANNEL_ID, 'latest', [message(10, bob, 'old')], 50)
  state = apply(state, 'MESSAGE_UPDATE', edit, 0)
  expect(state.histories[CHANNEL_ID]?.items[0]?.content).toBe('new')
})
