import { expect, test } from 'vitest'
import type { App } from '../context.ts'
import { isValidLink, signAttachmentUrl } from './attachment-urls.ts'
import { createSecrets } from './secrets.ts'

const HOUR_MS = 3_600_000
const noon = Date.UTC(2026, 5, 1, 12)
const secrets = createSecrets(Buffer.alloc(32, 7))
const at = (timeMs: number) =>
  ({ secrets, now: () => timeMs, origin: 'https://chat.example.org' }) as unknown as App

function parse(path: string) {
  const url = new URL(path, 'https://chat.example.org')
  const [, , channelId = '', attachmentId = '', name = ''] = url.pathname.split('/')
  const { ex = '', is = '', hm = '' } = Object.fromEntries(url.searchParams)
  return { link: { channelId, attachmentId, filename: decodeURIComponent(name), ex, is }, hm }
}

test('a link is the same all day, and opens for one to two days', () => {
  const path = signAttachmentUrl(at(noon), '1', '2', '照片 #1 100%.png')
  expect(signAttachmentUrl(at(noon + 11 * HOUR_MS), '1', '2', '照片 #1 100%.png')).toBe(path)
  const { link, hm } = parse(path)
  expect(link.filename).toBe('照片 #1 100%.png')
  expect(isValidLink(at(noon), link, hm)).toBe(true)
  expect(isValidLink(at(noon + 24 * HOUR_MS), link, hm)).toBe(true)
  expect(isValidLink(at(noon + 36 * HOUR_MS), link, hm)).toBe(false)
})

test('nothing of a link can be changed', () => {
  const { link, hm } = parse(signAttachmentUrl(at(noon), '1', '2', 'a.png'))
  const app = at(noon)
  expect(isValidLink(app, { ...link, channelId: '3' }, hm)).toBe(false)
  expect(isValidLink(app, { ...link, attachmentId: '3' }, hm)).toBe(false)
  expect(isValidLink(app, { ...link, filename: 'b.png' }, hm)).toBe(false)
  expect(isValidLink(app, { ...link, ex: 'ffffffff' }, hm)).toBe(false)
  expect(isValidLink(app, { ...link, is: '0' }, hm)).toBe(false)
  expect(isValidLink(app, link, '')).toBe(false)
  expect(isValidLink(app, link, hm.slice(0, -1))).toBe(false)
  const other = { ...app, secrets: createSecrets(Buffer.alloc(32, 8)) }
  expect(isValidLink(other, link, hm)).toBe(false)
})
