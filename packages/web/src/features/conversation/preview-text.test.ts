import { expect, test } from 'vitest'
import { BOB, CHANNEL_ID, GUILD, stateAfter } from '../../store/test-objects.ts'
import { previewText } from './preview-text.ts'

const preview = (text: string) => previewText(stateAfter(), GUILD, text)

test('names stand for marks, and one line for many', () => {
  expect(preview(`hi <@${BOB}>,\nsee <#${CHANNEL_ID}>`)).toBe('hi @bob, see #general')
})

test('a spoiler stays hidden', () => {
  expect(preview('it was ||the butler||!')).toBe('it was ▇▇▇!')
})

test('marks of style are left out', () => {
  expect(preview('**Today** and `code`')).toBe('Today and code')
  expect(preview('2 * 3 = 6')).toBe('2 * 3 = 6')
})
