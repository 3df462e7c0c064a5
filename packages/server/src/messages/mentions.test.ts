import { expect, test } from 'vitest'
import { parseMentions } from './mentions.ts'

test('reads users, roles and calls to all, but not in code', () => {
  const text =
    '<@123456789012345678> <@!223456789012345678> <@&323456789012345678> @everyone `<@423456789012345678> @here`'
  expect(parseMentions(text)).toEqual({
    userIds: ['123456789012345678', '223456789012345678'],
    roleIds: ['323456789012345678'],
    everyone: true,
    here: false,
  })
  expect(parseMentions('```\n@everyone <@123456789012345678>\n```').userIds).toEqual([])
})
