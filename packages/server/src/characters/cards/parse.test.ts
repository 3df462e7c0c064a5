import { readFileSync } from 'node:fs'
import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { CharacterCard } from './card.ts'
import { exportCard, writeCard } from './export.ts'
import { MAX_CARD_FILE_BYTES, MAX_CARD_JSON_BYTES, parseCard } from './parse.ts'
import { keywordOf, readChunks } from './png.ts'

const sample = readFileSync(new URL('./fixtures/default_CodingSensei.png', import.meta.url))
const picture = await sharp({ create: { width: 4, height: 4, channels: 4, background: '#4080c0' } })
  .png()
  .toBuffer()

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const base64 = (value: unknown) => json(value).toString('base64')

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), content])
  const framed = Buffer.alloc(typed.length + 8)
  framed.writeUInt32BE(content.length, 0)
  typed.copy(framed, 4)
  framed.writeUInt32BE(crc32(typed), typed.length + 4)
  return framed
}

/** The picture with these chunks after its header. */
function withChunks(...chunks: Buffer[]): Buffer {
  return Buffer.concat([picture.subarray(0, 33), ...chunks, picture.subarray(33)])
}

const tEXt = (keyword: string, text: string) => chunk('tEXt', Buffer.from(`${keyword}\0${text}`))
const zTXt = (keyword: string, text: Buffer | string) =>
  chunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`), deflateSync(text)]))
const iTXt = (keyword: string, text: string, compressed: boolean) =>
  chunk(
    'iTXt',
    Buffer.concat([
      Buffer.from(`${keyword}\0`),
      Buffer.from([compressed ? 1 : 0, 0]),
      Buffer.from('en\0Karte\0'),
      compressed ? deflateSync(text) : Buffer.from(text),
    ]),
  )

function parsed(bytes: Uint8Array): CharacterCard {
  const result = parseCard(bytes)
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`)
  return result.card
}

const failed = (bytes: Uint8Array) => {
  const result = parseCard(bytes)
  return result.ok ? 'ok' : result.reason
}

const second = {
  spec: 'chara_card_v2',
  spec_version: '2.0',
  data: { name: 'Mo', first_mes: 'Hi', alternate_greetings: ['Hey', ' ', 'Yo'], extensions: { x: 1 } },
}
const third = {
  spec: 'chara_card_v3',
  spec_version: '3.0',
  data: { ...second.data, name: 'Mo the Third', nickname: 'Mo', group_only_greetings: ['Hi all'] },
}

test("SillyTavern's own card is read, and its picture comes back without it", async () => {
  const result = parseCard(sample)
  if (!result.ok || result.image === null) throw new Error('no card')
  const { card, image } = result
  expect(card).toMatchObject({
    version: 2,
    name: 'Coding Sensei',
    creator: 'RossAscends',
    characterVersion: 'v1.010102',
  })
  expect(card.greetings).toHaveLength(1)
  expect(card.tags).toEqual(['coding', 'utility', 'assistant'])
  expect(card.creatorNotes).toMatch(/^Coding assistance/)
  expect(card.extensions).toHaveProperty('depth_prompt')
  expect(card.raw).toHaveProperty('talkativeness', '0.5')
  expect([...readChunks(image)].filter((found) => keywordOf(found) !== null)).toEqual([])
  expect(await sharp(image).raw().toBuffer()).toEqual(await sharp(sample).raw().toBuffer())
})

test('V1, V2 and V3 are read from JSON, with or without a byte order mark', () => {
  const first = {
    name: 'Mo',
    description: 'A cat',
    first_mes: 'Meow',
    mes_example: '<START>',
    creatorcomment: 'Mine',
  }
  expect(parsed(json(first))).toMatchObject({
    version: 1,
    name: 'Mo',
    greetings: ['Meow'],
    exampleDialogue: '<START>',
    creatorNotes: 'Mine',
    lorebook: null,
  })
  expect(parsed(json(second))).toMatchObject({
    version: 2,
    greetings: ['Hi', 'Hey', 'Yo'],
    extensions: { x: 1 },
  })
  const marked = Buffer.concat([Buffer.from('\ufeff\n '), json(third)])
  expect(parsed(marked)).toMatchObject({ version: 3, nickname: 'Mo', groupOnlyGreetings: ['Hi all'] })
})

test('every kind of text chunk is read, V3 before V2, whatever the order and the letter case', () => {
  const encoded = base64(second)
  const kinds = [
    tEXt('chara', encoded),
    tEXt('Chara', encoded),
    tEXt('chara', JSON.stringify(second)),
    zTXt('chara', encoded),
    iTXt('chara', encoded, false),
    iTXt('chara', encoded, true),
  ]
  for (const kind of kinds) expect(parsed(withChunks(kind)).name).toBe('Mo')
  for (const kind of [zTXt('ccv3', base64(third)), tEXt('ccv3', base64(third))]) {
    expect(parsed(withChunks(tEXt('chara', encoded), kind)).name).toBe('Mo the Third')
    expect(parsed(withChunks(kind, tEXt('chara', encoded))).name).toBe('Mo the Third')
  }
})

test('a broken V3 chunk leaves the V2 one; a wrong checksum and a cut-off picture do no harm', () => {
  expect(parsed(withChunks(tEXt('ccv3', '!!!'), tEXt('chara', base64(second)))).name).toBe('Mo')
  const wrong = withChunks(tEXt('chara', base64(second)))
  wrong.writeUInt32BE(1, 33 + wrong.readUInt32BE(33) + 8)
  expect(parsed(wrong).name).toBe('Mo')
  expect(parsed(withChunks(tEXt('chara', base64(second))).subarray(0, -20)).name).toBe('Mo')
})

test('what is no card says so', () => {
  expect(failed(picture)).toBe('NotACard')
  expect(failed(new Uint8Array())).toBe('NotACard')
  expect(failed(Buffer.from('[1, 2]'))).toBe('NotACard')
  expect(failed(json({ name: 'package', version: '1.0.0' }))).toBe('NotACard')
  expect(failed(Buffer.from('{"name": "Mo", "first_mes"'))).toBe('Malformed')
  expect(failed(withChunks(tEXt('chara', 'not base64 of anything')))).toBe('Malformed')
  expect(failed(withChunks(chunk('iTXt', Buffer.from('chara\0\0\0en'))))).toBe('Malformed')
})

test('the wrong types of the wild are read as what they mean, or as nothing', () => {
  const odd = {
    spec: 'chara_card_v2',
    data: {
      name: 42,
      description: null,
      personality: ['kind', 'shy'],
      first_mes: { text: 'Hi' },
      alternate_greetings: 'Hey',
      tags: 'cat, funny,, cat',
      character_version: 1.5,
      creation_date: '1700000000',
      character_book: 'none',
      extensions: null,
      creator_notes_multilingual: { de: 'Hallo', fr: null },
      source: 'https://example.com/mo',
    },
  }
  expect(parsed(json(odd))).toMatchObject({
    name: '42',
    description: '',
    personality: 'kind\nshy',
    greetings: ['Hey'],
    tags: ['cat', 'funny'],
    characterVersion: '1.5',
    creationDate: 1700000000,
    lorebook: null,
    extensions: {},
    creatorNotesMultilingual: { de: 'Hallo', fr: '' },
    source: ['https://example.com/mo'],
  })
})

test('maxima are kept: file, JSON, fields, greetings, depth, and what a small chunk inflates to', () => {
  expect(failed(new Uint8Array(MAX_CARD_FILE_BYTES + 1))).toBe('TooLarge')
  expect(failed(json({ ...second, filler: 'x'.repeat(MAX_CARD_JSON_BYTES) }))).toBe('TooLarge')
  expect(failed(json({ ...second, data: { ...second.data, scenario: 'x'.repeat(65_537) } }))).toBe('TooLarge')
  const many = Array.from({ length: 101 }, (_, index) => `Hello ${index}`)
  expect(failed(json({ ...second, data: { name: 'Mo', alternate_greetings: many } }))).toBe('TooLarge')
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  expect(failed(Buffer.from(`{"name":"Mo","description":"","x":${deep}}`))).toBe('Malformed')
  const bomb = withChunks(zTXt('chara', Buffer.alloc(64 * 1024 * 1024)))
  expect(bomb.length).toBeLessThan(1024 * 1024)
  expect(failed(bomb)).toBe('TooLarge')
})

test('what PostgreSQL cannot store is taken out, and __proto__ is a key like any other', () => {
  const text =
    '{"name":"M\\u0000o","description":"\\ud800!","x":{"__proto__":{"polluted":true},"a\\u0000":1}}'
  const card = parsed(Buffer.from(text))
  expect(card).toMatchObject({ name: 'Mo', description: '\ufffd!' })
  expect(JSON.stringify(card.raw)).toContain('"x":{"__proto__":{"polluted":true},"a":1}')
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('a card written into a picture comes back as it was, unknown fields included', async () => {
  const rich = {
    ...third,
    talkativeness: '0.7',
    data: {
      ...third.data,
      tags: ['cat'],
      assets: [{ type: 'icon', uri: 'ccdefault:', name: 'main', ext: 'png' }],
      character_book: { entries: [{ keys: ['a'], content: 'b', unknown_entry_field: 1 }], extensions: {} },
      creation_date: 0,
      field_of_2030: { deep: [null, 'é漢🙂'] },
    },
  }
  const card = parsed(json(rich))
  const written = writeCard(writeCard(picture, parsed(json(second))), card)
  const keywords = [...readChunks(written)].map(keywordOf).filter((keyword) => keyword !== null)
  expect(keywords).toEqual(['chara', 'ccv3'])
  const again = parsed(written)
  expect({ ...again, raw: null }).toEqual({ ...card, raw: null })
  expect(exportCard(again)).toMatchObject({
    ...rich,
    data: { ...rich.data, alternate_greetings: ['Hey', 'Yo'] },
  })
  const result = parseCard(written)
  expect(result.ok && result.image).toEqual(picture)
  expect((await sharp(written).metadata()).width).toBe(4)
})

test("an edited card's export has no stale copies of what was edited", () => {
  const card = parsed(sample)
  const edited = { ...card, name: 'Renamed', description: 'New', nickname: '', lorebook: null }
  const exported = exportCard(edited)
  expect(JSON.stringify(exported)).not.toContain('assists {{user}}')
  expect(exported).toMatchObject({ talkativeness: '0.5', data: { name: 'Renamed', description: 'New' } })
  expect(parsed(json(exported))).toMatchObject({ name: 'Renamed', description: 'New', version: 3 })
})

const anyCard = fc.record({
  spec: fc.constantFrom('chara_card_v2', 'chara_card_v3', undefined),
  data: fc.dictionary(
    fc.constantFrom(
      'name',
      'description',
      'first_mes',
      'alternate_greetings',
      'tags',
      'extensions',
      'character_book',
    ),
    fc.jsonValue(),
  ),
  name: fc.jsonValue(),
  description: fc.jsonValue(),
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void parseCard(bytes)),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(fc.json(), (text) => void parseCard(Buffer.from(text))),
    { numRuns: 300 },
  )
  const mutation = fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { minLength: 1, maxLength: 20 })
  const small = withChunks(zTXt('ccv3', base64(third)), iTXt('chara', base64(second), true))
  fc.assert(
    fc.property(mutation, fc.nat(small.length), (changes, length) => {
      const bytes = Buffer.from(small)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      parseCard(bytes)
      parseCard(bytes.subarray(0, length))
    }),
    { numRuns: 500 },
  )
})

test('whatever is read is written and read again the same', () => {
  fc.assert(
    fc.property(anyCard, (value) => {
      const result = parseCard(json(value))
      if (!result.ok) return
      const again = parsed(writeCard(picture, result.card))
      expect({ ...again, raw: null }).toEqual({ ...result.card, version: 3, raw: null })
    }),
    { numRuns: 300 },
  )
})
