import { request } from 'node:http'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { createWorld, must, type World } from './world.ts'

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c04040' } })
    .png()
    .toBuffer()

const uri = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`

async function fetchImage(world: World, path: string) {
  const response = await fetch(world.url + path)
  const bytes = Buffer.from(await response.arrayBuffer())
  return { response, bytes, meta: response.ok ? await sharp(bytes).metadata() : null }
}

/** Sends a path as it is: fetch would tidy it up first. */
function rawStatus(world: World, path: string): Promise<number> {
  const { hostname, port } = new URL(world.url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('an avatar in the sizes and formats of Discord, kept forever, and no page of ours', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const { avatar } = must(await ada.api.patch('/users/@me', { avatar: uri(await picture(600, 600)) }), 200)
  const { response, meta } = await fetchImage(world, `/avatars/${ada.id}/${avatar}.png?size=64`)
  expect([meta?.format, meta?.width]).toEqual(['png', 64])
  expect(response.headers.get('cache-control')).toContain('immutable')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
  for (const [extension, format] of [
    ['webp', 'webp'],
    ['jpg', 'jpeg'],
    ['jpeg', 'jpeg'],
  ]) {
    expect((await fetchImage(world, `/avatars/${ada.id}/${avatar}.${extension}`)).meta?.format).toBe(format)
  }
  // Never larger than it is.
  expect((await fetchImage(world, `/avatars/${ada.id}/${avatar}.png?size=4096`)).meta?.width).toBe(600)
})

test('default avatars', async () => {
  await using world = await createWorld()
  for (const n of [0, 5])
    expect((await fetchImage(world, `/embed/avatars/${n}.png`)).meta?.format).toBe('png')
  expect((await fetchImage(world, '/embed/avatars/0.png?size=32')).meta?.width).toBe(32)
  for (const file of ['6.png', '-1.png', '0.svg', '0', '..%2f0.png'])
    expect((await fetch(`${world.url}/embed/avatars/${file}`)).status).toBe(404)
})

test('a guild has its icon', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const guild = must(
    await ada.api.post('/guilds', { name: 'Icons', icon: uri(await picture(100, 100)) }),
    201,
  )
  expect((await fetchImage(world, `/icons/${guild.id}/${guild.icon}.webp?size=32`)).meta?.width).toBe(32)
})

test('no path leads out of the folder', async () => {
  await using world = await createWorld()
  const ada = await world.person()
  const { avatar } = must(await ada.api.patch('/users/@me', { avatar: uri(await picture(10, 10)) }), 200)
  const hash = '0'.repeat(32)
  const paths = [
    `/avatars/${ada.id}/${hash}.png`,
    `/avatars/${ada.id}/${avatar}`,
    `/avatars/${ada.id}/${avatar}.svg`,
    `/avatars/${ada.id}/${avatar}.gif`,
    `/avatars/1/${avatar}.png`,
    '/avatars/../secret.key',
    '/avatars/..%2f..%2fsecret/key.png',
    `/avatars/${ada.id}%2f..%2f${ada.id}/${avatar}.png`,
    `/avatars/${ada.id}/..%2f..%2f..%2fsecret.key.png`,
    `/avatars/${ada.id}/${avatar}%00.png`,
    '/attachments/1/2/x.png',
    '/attachments/1/2/..%2f..%2f..%2f..%2fetc%2fpasswd?ex=ffffffff&is=0&hm=00',
    '/attachments/1/2/../../../secret.key?ex=ffffffff&is=0&hm=00',
    '/attachments/1/2/x.png?ex=ffffffff&ex=1&is=0&hm=00',
    '/media/1/2/x.png?ex[]=1&is=0&hm=00',
  ]
  for (const path of paths) expect([path, await rawStatus(world, path)]).toEqual([path, 404])
  for (const size of ['0', '15', '17', '8192', '-16', '1e3', 'NaN', '64.5'])
    expect([size, await rawStatus(world, `/avatars/${ada.id}/${avatar}.png?size=${size}`)]).toEqual([
      size,
      400,
    ])
  const unknown = await fetch(`${world.url}/avatars/1/${hash}.png`)
  expect(await unknown.json()).toMatchObject({ code: 0, message: '404: Not Found' })
})

async function upload(world: World, name: string, bytes: Buffer, type: string) {
  const [ada] = await world.members(1)
  const { channelId } = await world.guild()
  const form = new FormData()
  form.append('files[0]', new Blob([new Uint8Array(bytes)], { type }), name)
  const message = must(
    (await ada?.api.post(`/channels/${channelId}/messages`, form)) ?? { status: 0, body: null },
    200,
  )
  return message.attachments[0]
}

test('an attachment by its signed link: whole, in part, and smaller', async () => {
  await using world = await createWorld()
  const bytes = await picture(1000, 500)
  const attachment = await upload(world, '照片 一.png', bytes, 'image/png')
  expect(attachment.url.startsWith(world.url)).toBe(true)
  const whole = await fetch(attachment.url)
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
  expect(whole.headers.get('content-type')).toBe('image/png')
  expect(whole.headers.get('content-disposition')).toMatch(/^inline; .*filename\*=UTF-8''%E7%85%A7/)
  expect(whole.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
  const part = await fetch(attachment.url, { headers: { range: 'bytes=10-19' } })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${bytes.length}`])
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true)
  const beyond = await fetch(attachment.url, { headers: { range: 'bytes=999999-' } })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
  const small = await fetch(`${attachment.proxy_url}&width=400&height=300&format=webp`)
  const meta = await sharp(Buffer.from(await small.arrayBuffer())).metadata()
  expect([meta.format, meta.width, meta.height]).toEqual(['webp', 400, 200])
  expect((await fetch(attachment.url, { method: 'HEAD' })).headers.get('content-length')).toBe(
    String(bytes.length),
  )
})

test('a link with anything changed, or past its day, opens nothing', async () => {
  let now = Date.now()
  await using world = await createWorld({ now: () => now })
  const attachment = await upload(world, 'a.txt', Buffer.from('hello'), 'text/plain')
  const url = new URL(attachment.url)
  expect((await fetch(url)).status).toBe(200)
  for (const [name, value] of [
    ['ex', 'ffffffff'],
    ['is', '1'],
    ['hm', '0'.repeat(32)],
    ['hm', ''],
  ] as const) {
    const changed = new URL(url)
    changed.searchParams.set(name, value)
    expect((await fetch(changed)).status).toBe(404)
  }
  expect((await fetch(String(url).replace('a.txt', 'b.txt'))).status).toBe(404)
  now += 49 * 3_600_000
  expect((await fetch(url)).status).toBe(404)
})

test('what could run as a page is a download', async () => {
  await using world = await createWorld()
  const files = [
    ['page.html', '<script>alert(1)</script>', 'text/html'],
    ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 'image/svg+xml'],
    ['page', '<html>', 'text/html'],
    ['page.pdf', '%PDF-1.4', 'application/pdf'],
  ] as const
  for (const [name, text, type] of files) {
    const attachment = await upload(world, name, Buffer.from(text), type)
    for (const url of [attachment.url, `${attachment.proxy_url}&width=100`]) {
      const response = await fetch(url)
      expect([url, response.status]).toEqual([url, 200])
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      expect(response.headers.get('content-disposition')).toMatch(/^attachment;/)
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    }
  }
})

test('a long name in a script of many bytes is fetched as well', async () => {
  await using world = await createWorld()
  const attachment = await upload(world, `${'很'.repeat(140)}.txt`, Buffer.from('hello'), 'text/plain')
  expect(await (await fetch(attachment.url)).text()).toBe('hello')
})
