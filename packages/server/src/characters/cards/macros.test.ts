import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expandMacros, type MacroContext, seededRandom } from './macros.ts'

const context = (more: Partial<MacroContext> = {}): MacroContext => ({
  char: 'Mo',
  user: 'Ada',
  random: seededRandom('seed'),
  ...more,
})
const expand = (text: string, more: Partial<MacroContext> = {}) => expandMacros(text, context(more))

test('names, in both notations and any letter case', () => {
  expect(expand('{{char}} and {{USER}}, <BOT> and <user>, {{ Char }}, <char>')).toBe(
    'Mo and Ada, Mo and Ada, Mo, Mo',
  )
  expect(expand('{{{char}}} {{{{char}}}}')).toBe('{Mo} {{Mo}}')
})

test('comments and hidden keys vanish; a scan sees the keys', () => {
  expect(expand('a{{// {{char}} note}}b{{comment: c}}d{{hidden_key: dragon}}')).toBe('abd')
  expect(expand('{{hidden_key:dragon {{char}}}}{{// x}}', { purpose: 'scan' })).toBe('dragon Mo')
})

test('random and pick choose from the list; an escaped comma is text', () => {
  const options = new Set<string>()
  const random = seededRandom('many')
  for (let turn = 0; turn < 100; turn++) options.add(expand('{{random:a, b\\, c ,{{user}}}}', { random }))
  expect([...options].sort()).toEqual(['Ada', 'a', 'b, c'])
  expect(['x,1', 'y']).toContain(expand('{{random::x,1::y}}'))
  expect(['Hello', 'Hi', 'Hey']).toContain(expand('{{pick::Hello,Hi,Hey}}'))
  // A comma in a name does not split.
  expect(expand('{{random:{{user}}}}', { user: 'Lovelace, Ada' })).toBe('Lovelace, Ada')
})

test('pick keeps its choice for a seed, and differs between places and seeds', () => {
  const text = '{{pick:a,b,c,d,e,f,g,h}}'.repeat(8)
  const one = expand(text, { pickSeed: '1', random: Math.random })
  expect(expand(text, { pickSeed: '1', random: Math.random })).toBe(one)
  expect(expand(text, { pickSeed: '2' })).not.toBe(one)
  expect(new Set(one).size).toBeGreaterThan(1)
})

test('dice', () => {
  const random = seededRandom('dice')
  for (let turn = 0; turn < 200; turn++) {
    const rolled = Number(expand('{{roll:d6}}', { random }))
    expect(Number.isInteger(rolled) && rolled >= 1 && rolled <= 6).toBe(true)
  }
  expect(Number(expand('{{roll:20}}'))).toBeLessThanOrEqual(20)
  expect(Number(expand('{{roll 3d1}}'))).toBe(3)
  expect(expand('{{roll:0}} {{roll:many}}')).toBe('{{roll:0}} {{roll:many}}')
})

test('reverse goes by code points', () => {
  expect(expand('{{reverse:Hello🙂}} {{reverse:{{char}}}}')).toBe('🙂olleH oM')
})

test('more names may be given; unknown macros stay, with their inner ones expanded', () => {
  expect(expand('{{persona}}', { values: { persona: 'A pilot' } })).toBe('A pilot')
  expect(expand('{{constructor}} {{setvar::x::{{char}}}}')).toBe('{{constructor}} {{setvar::x::Mo}}')
})

test('what a macro gives is not read again', () => {
  expect(expand('{{user}}', { user: '{{char}}' })).toBe('{{char}}')
  expect(expand('{{ {{user}} }}', { user: 'roll:1' })).toBe('{{ roll:1 }}')
  expect(expand('{{{{user}}}}', { user: 'char' })).toBe('{{char}}')
})

test('braces that do not match stay', () => {
  expect(expand('a }} b {{ c {{char}}')).toBe('a }} b {{ c Mo')
  expect(expand('{{}} {{ }}')).toBe('{{}} {{ }}')
})

test('hostile text stays bounded in time and size', () => {
  const size = 60_000
  const texts = [
    '{{reverse:'.repeat(size / 10) + '}}'.repeat(size / 10),
    '{{'.repeat(size),
    '}}'.repeat(size),
    '{{random:'.repeat(size / 10),
    `${' '.repeat(size)}{{`,
    ['{{', '{{', '{{', '}}}}}}'].join(' '.repeat(size)),
    '{{char}}'.repeat(size),
  ]
  const started = performance.now()
  for (const text of texts) {
    const longName = 'x'.repeat(1000)
    expect(expand(text, { char: longName }).length).toBeLessThanOrEqual(text.length + 1024 * 1024)
  }
  expect(performance.now() - started).toBeLessThan(5000)
})

test('text without macros is untouched, and no text makes it throw', () => {
  const plain = fc.string({ unit: 'grapheme' }).filter((text) => !/[{}<]/.test(text))
  fc.assert(fc.property(plain, (text) => void expect(expand(text)).toBe(text)))
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{',
    ':',
    ',',
    '\\',
    'random',
    'pick:',
    'roll:',
    '//',
    'char',
    'user',
    ' ',
    '<bot>',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => void expand(pieces.join(''))),
    { numRuns: 1000 },
  )
})
