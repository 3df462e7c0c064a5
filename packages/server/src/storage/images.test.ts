import { ApiError } from '@convive/protocol/errors'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { App } from '../context.ts'
import { findImageKey, imageFormat, saveImage } from './images.ts'

function createStore() {
  const kept = new Map<string, Uint8Array>()
  const files = { put: async (key: string, bytes: Uint8Array) => void kept.set(key, bytes) }
  return { kept, app: { files } as unknown as App }
}

const uri = (bytes: Uint8Array, type = 'png') =>
  `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`

const photo = await sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#336699' } })
  .withExif({ IFD0: { Copyright: 'somebody', Artist: 'at home' } })
  .jpeg()
  .toBuffer()

async function frames(count: number, size: number): Promise<Buffer> {
  const raw = Buffer.alloc(size * size * 3 * count)
  for (let frame = 0; frame < count; frame++)
    raw.fill(frame * 40, frame * size * size * 3, (frame + 1) * size * size * 3)
  return sharp(raw, { raw: { width: size, height: size * count, channels: 3, pageHeight: size } })
    .gif({ delay: Array(count).fill(80), loop: 0 })
    .toBuffer()
}

test('a photograph is kept small and without what it says of its maker', async () => {
  const { app, kept } = createStore()
  const hash = await saveImage(app, 'avatars', '42', uri(photo, 'jpeg'))
  expect(hash).toMatch(/^[0-9a-f]{32}$/)
  const bytes = kept.get(`avatars/42/${hash}`)
  const meta = await sharp(bytes).metadata()
  expect([meta.width, meta.height]).toEqual([1024, 512])
  expect(meta.exif).toBeUndefined()
  expect(Buffer.from(bytes ?? []).includes('at home')).toBe(false)
  expect(await saveImage(app, 'avatars', '42', uri(photo, 'jpeg'))).toBe(hash)
})

test('what moves still moves, and its hash says so', async () => {
  const { app, kept } = createStore()
  const gif = await frames(4, 64)
  const hash = await saveImage(app, 'icons', '7', uri(gif, 'gif'))
  expect(hash).toMatch(/^a_[0-9a-f]{32}$/)
  expect((await sharp(kept.get(`icons/7/${hash}`), { animated: true }).metadata()).pages).toBe(4)
  const webp = await sharp(gif, { animated: true }).webp().toBuffer()
  expect(await saveImage(app, 'icons', '7', uri(webp, 'webp'))).toMatch(/^a_/)
})

test('null takes the picture away', async () => {
  const { app } = createStore()
  expect(await saveImage(app, 'avatars', '42', null)).toBeNull()
})

const svg = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
)
const hostile: [string, string][] = [
  ['nothing', ''],
  ['an address', 'https://example.org/a.png'],
  ['no base64', 'data:image/png,hello'],
  ['wrong base64', 'data:image/png;base64,@@@@'],
  ['cut base64', 'data:image/png;base64,AAAAA'],
  ['an SVG', `data:image/svg+xml;base64,${svg.toString('base64')}`],
  ['an SVG that says PNG', uri(svg)],
  ['HTML that says PNG', uri(Buffer.from('<script>alert(1)</script>'))],
  ['half a photograph', uri(photo.subarray(0, 600), 'jpeg')],
  ['a PNG head and nothing', uri(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))],
  ['too many bytes', uri(Buffer.alloc(9 * 1024 * 1024, 1))],
  ['another type', `data:text/html;base64,${photo.toString('base64')}`],
]
test.each(hostile)('%s is refused with a field error', async (_what, dataUri) => {
  const { app, kept } = createStore()
  const error = await saveImage(app, 'avatars', '42', dataUri).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(ApiError)
  expect((error as ApiError).error).toBe('InvalidFormBody')
  expect((error as ApiError).fields[0]?.path).toEqual(['avatar'])
  expect(kept.size).toBe(0)
})

test('a small file that unfolds to gigabytes is refused', async () => {
  const { app } = createStore()
  const bomb = await sharp({ create: { width: 8_100, height: 8_100, channels: 3, background: '#000' } })
    .toColourspace('b-w')
    .png({ compressionLevel: 6 })
    .toBuffer()
  expect(bomb.length).toBeLessThan(1_000_000)
  await expect(saveImage(app, 'avatars', '42', uri(bomb))).rejects.toBeInstanceOf(ApiError)
})

test.each([
  ['../../secret', '0'.repeat(32)],
  ['42', '../../../secret.key'],
  ['42', `${'0'.repeat(32)}/..`],
  ['42', 'A'.repeat(32)],
  ['', '0'.repeat(32)],
])('owner %s with hash %s names no file', (owner, hash) => {
  expect(findImageKey('avatars', owner, hash)).toBeNull()
})

test('tells formats by their bytes', () => {
  expect(imageFormat(photo)).toBe('jpeg')
  expect(imageFormat(svg)).toBeNull()
  expect(imageFormat(Buffer.alloc(0))).toBeNull()
})
