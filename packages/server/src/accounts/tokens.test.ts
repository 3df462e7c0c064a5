import { expect, test } from 'vitest'
import { botIdOf, createBotToken, hashToken } from './tokens.ts'

test('a bot token names its bot, as libraries read it', () => {
  const id = '1574265868169248771'
  const token = createBotToken(id)
  const [first = '', ...rest] = token.split('.')
  expect(atob(first)).toBe(id)
  expect(first).not.toContain('=')
  expect(rest).toHaveLength(2)
  expect(Buffer.from(rest[1] ?? '', 'base64url')).toHaveLength(32)
  expect(botIdOf(token)).toBe(id)
  expect(createBotToken(id)).not.toBe(token)
  expect(hashToken(token)).toHaveLength(32)
})

test.each([
  '',
  'abc',
  'a.b',
  'a.b.c.d',
  'AAAA.b.c',
  `${btoa('0')}.b.c`,
  `${btoa('99999999999999999999')}.b.c`,
  `${btoa("1' OR '1'='1")}.b.c`,
  `${btoa('12a')}.b.c`,
  `${btoa('123').replace('=', '')}..c`,
  `${btoa('123456')}.b.${'c'.repeat(1000)}`,
])('%s is no bot token', (text) => {
  expect(botIdOf(text)).toBeNull()
})
