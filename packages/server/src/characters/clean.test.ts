import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCleaner } from './clean.ts'

/** What is shown, and what is kept, for a text that comes in pieces. */
function clean(text: string, pieces = 1, names = ['Mira'], others = ['Ada', 'Tom'], most = 1000) {
  const cleaner = createCleaner(names, others, most)
  let shown = ''
  for (let at = 0; at < text.length; at += pieces) shown += cleaner.push(text.slice(at, at + pieces))
  shown += cleaner.end()
  return { shown, text: cleaner.text, done: cleaner.done }
}

test('its own name in front is dropped, wherever the pieces break', () => {
  for (const pieces of [1, 2, 3, 7, 100]) {
    expect(clean(' Mira: Hello, Ada: no, I mean it.', pieces).text).toBe('Hello, Ada: no, I mean it.')
    expect(clean('Miracles happen.', pieces).text).toBe('Miracles happen.')
  }
})

test('lines for others end it', () => {
  for (const pieces of [1, 4, 100]) {
    const result = clean('Fine.\nReally.\nAda: and what do you think?', pieces)
    expect(result).toMatchObject({ text: 'Fine.\nReally.', done: true })
  }
})

test('more than a message holds ends it', () => {
  expect(clean('a'.repeat(50), 3, [], [], 20)).toMatchObject({ text: 'a'.repeat(20), done: true })
})

test('what is shown piece by piece is what is kept, for any text and pieces', () => {
  const words = fc.array(fc.constantFrom('Mira', ':', ' ', '\n', 'Ada', 'Tom', 'x', '你好', '\nAda:'), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: 9 }), (parts, pieces) => {
      const result = clean(parts.join(''), pieces)
      expect(result.shown.trim()).toBe(result.text)
      expect(result.text).toBe(clean(parts.join(''), 1000).text)
    }),
  )
})
