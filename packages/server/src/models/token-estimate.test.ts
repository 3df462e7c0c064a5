import { expect, test } from 'vitest'
import { findContextWindow } from './context-windows.ts'
import { redact } from './errors.ts'
import { costMicrousd, LOCAL_PRICES } from './metering.ts'
import { estimateTokens } from './token-estimate.ts'

test('every Chinese, Japanese and Korean character counts at least one token', () => {
  for (const text of ['你好，世界！今天我们去哪里吃饭？', 'こんにちは、世界', '안녕하세요 세계'])
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(text.length)
})

test('English is estimated above what tokenizers need, but not twice', () => {
  const text = 'The quick brown fox jumps over the lazy dog, and then it rests by the quiet river until dawn.'
  // cl100k and o200k: 21.
  expect(estimateTokens(text)).toBeGreaterThanOrEqual(21)
  expect(estimateTokens(text)).toBeLessThanOrEqual(42)
})

test('context windows go by the beginning of the name, whoever sells it', () => {
  expect(findContextWindow('anthropic/claude-sonnet-4')).toBe(200_000)
  expect(findContextWindow('gpt-4')).toBe(8_192)
  expect(findContextWindow('GPT-4o-mini')).toBe(128_000)
  expect(findContextWindow('somebody/new-model')).toBeNull()
})

test('an unknown price is never zero', () => {
  const usage = { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 100 }
  const prices = { inputPerMillion: 3, cachedInputPerMillion: 0.3, outputPerMillion: 15 }
  expect(costMicrousd(null, usage)).toBeNull()
  expect(costMicrousd(prices, { ...usage, outputTokens: null })).toBeNull()
  expect(costMicrousd(prices, usage)).toBe(600 * 3 + 400 * 0.3 + 100 * 15)
  expect(costMicrousd(LOCAL_PRICES, usage)).toBe(0)
})

test('keys do not pass through messages', () => {
  for (const text of [
    'key sk-proj-abcdEFGH12345678 is wrong',
    'Authorization: Bearer abc.def',
    '?key=AIzaSyA1234567890abcdef',
  ])
    expect(redact(text)).not.toMatch(/abcd|abc\.def|AIza/)
})
