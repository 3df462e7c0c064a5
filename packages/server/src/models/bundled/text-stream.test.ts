import type { Token } from 'node-llama-cpp'
import { expect, test } from 'vitest'
import { createTextStream } from './text-stream.ts'

/** A tokenizer of bytes: every token is one. */
const model = { detokenize: (tokens: readonly Token[]) => Buffer.from(tokens.map(Number)).toString('utf8') }

function run(text: string, stops: string[]) {
  const seen: string[] = []
  const stream = createTextStream(model, stops, (part) => seen.push(part))
  let stopped = false
  for (const byte of Buffer.from(text)) if (!stopped) stopped = stream.push(byte as Token)
  if (!stopped) stream.end()
  return { seen, text: seen.join(''), stopped }
}

test('half a character is held back until it is whole', () => {
  const { seen, text } = run('a同席🙂', [])
  expect(text).toBe('a同席🙂')
  expect(seen).toEqual(['a', '同', '席', '🙂'])
})

test('a stop sequence ends the text and is not part of it', () => {
  expect(run('Hello\nBob: hi', ['\nBob:'])).toMatchObject({ text: 'Hello', stopped: true })
})

test('what only looks like the beginning of a stop sequence is let go', () => {
  expect(run('one\ntwo\nBo', ['\nBob:'])).toMatchObject({ text: 'one\ntwo\nBo', stopped: false })
})
