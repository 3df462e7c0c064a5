import fc from 'fast-check'
import { z } from 'zod'

/** What we use of JSON Schema. */
interface Schema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Schema
  maxItems?: number
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
}

const LONGEST_GENERATED = 300

/** Texts on which parsers, databases and regular expressions have choked before. */
export const NASTY_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'half \udc00 a pair',
  '\ufeff',
  '\u202e\u200b\u2066',
  '0',
  '-1',
  '1e999',
  'NaN',
  'null',
  '__proto__',
  'constructor',
  '99999999999999999999999',
  '9223372036854775808',
  '18446744073709551615',
  '1'.repeat(19),
  '１２３',
  '../../../etc/passwd',
  '..\\..\\',
  "'; DROP TABLE users; --",
  '<script>alert(1)</script>',
  '{{7*7}}',
  '%00',
  '\\u0000',
  'data:image/png;base64,',
  'data:image/png;base64,iVBORw0KGgo=',
  'data:image/svg+xml;base64,PHN2Zy8+',
  'data:;base64,\u0000',
  '2026-02-30T25:61:61Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59+23:59',
  'e\u0301'.repeat(200),
  '👩‍👩‍👧‍👦'.repeat(40),
  'x'.repeat(5_000),
]

const NASTY_NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  1e-7,
  255,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  1e21,
  1.7e308,
]

const nastyText = fc.constantFrom(...NASTY_TEXTS)
const nastyNumber = fc.constantFrom(...NASTY_NUMBERS)
const nastyKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  '\u0000',
  '\ud800',
  '_errors',
  'id',
)
const nasty: fc.Arbitrary<unknown> = fc.oneof(
  { depthSize: 'small' },
  nastyText,
  nastyNumber,
  fc.constantFrom(null, true, false, [], {}, [[[[]]]], { a: { b: { c: null } } }),
  fc.array(nastyText, { maxLength: 3 }),
  fc.dictionary(nastyKey, fc.oneof(nastyText, nastyNumber), { maxKeys: 3 }),
)

/** Values near what the zod schema takes: most get past it, some are wrong in one place, some throughout. */
export function nearly(schema: z.ZodType, ids: readonly string[]): fc.Arbitrary<unknown> {
  const described = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema
  return fc.oneof({ weight: 9, arbitrary: near(described, ids) }, { weight: 1, arbitrary: nasty })
}

function near(schema: Schema, ids: readonly string[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: valid(schema, ids) }, { weight: 1, arbitrary: nasty })
}

function valid(schema: Schema, ids: readonly string[]): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (choices?.length) return fc.oneof(...choices.map((choice) => near(choice, ids)))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const types = [schema.type ?? []].flat()
  if (types.length > 1) return fc.oneof(...types.map((type) => valid({ ...schema, type }, ids)))
  switch (types[0]) {
    case 'string':
      return text(schema, ids)
    case 'integer':
    case 'number':
      return number(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(near(schema.items ?? {}, ids), { maxLength: Math.min(4, schema.maxItems ?? 4) })
    case 'object':
      return object(schema, ids)
    default:
      return nasty
  }
}

function text(schema: Schema, ids: readonly string[]): fc.Arbitrary<unknown> {
  const maxLength = Math.min(schema.maxLength ?? LONGEST_GENERATED, LONGEST_GENERATED)
  const minLength = Math.min(schema.minLength ?? 0, maxLength)
  const dates = fc.constantFrom(
    '2026-11-23T04:05:06Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2030-01-01T00:00:00.123456+14:00',
  )
  return fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength, maxLength }) },
    { weight: 3, arbitrary: fc.constantFrom(...ids) },
    { weight: schema.format === 'date-time' ? 20 : 1, arbitrary: dates },
    { weight: schema.format === 'email' ? 20 : 0, arbitrary: fc.emailAddress() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength, maxLength }) },
    { weight: 2, arbitrary: nastyText },
  )
}

function number(schema: Schema): fc.Arbitrary<unknown> {
  const min = Math.max(schema.minimum ?? -(2 ** 53) + 1, -(2 ** 53) + 1)
  const max = Math.min(schema.maximum ?? 2 ** 53 - 1, 2 ** 53 - 1)
  const whole = { min: Math.ceil(min), max: Math.floor(max) }
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.maxSafeInteger().map((n) => whole.min + (Math.abs(n) % (whole.max - whole.min + 1 || 1))),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(whole.min, whole.max, Math.min(whole.max, 2 ** 31), Math.min(whole.max, 3)),
    },
    { weight: 1, arbitrary: nastyNumber },
  )
}

function object(schema: Schema, ids: readonly string[]): fc.Arbitrary<unknown> {
  const { additionalProperties } = schema
  if (!schema.properties)
    return fc.dictionary(
      fc.oneof(nastyKey, fc.string({ maxLength: 8 })),
      near(typeof additionalProperties === 'object' ? additionalProperties : {}, ids),
      { maxKeys: 4 },
    )
  const fields = Object.fromEntries(
    Object.entries(schema.properties).map(([key, field]) => [key, near(field, ids)]),
  )
  const requiredKeys = (schema.required ?? []).filter((key) => key in fields)
  return fc.record(fields, { requiredKeys, noNullPrototype: true })
}

/** Path segments, percent-encoded or not, that are no id. */
export const NASTY_SEGMENTS = [
  '%00',
  'a%00b',
  '%zz',
  '%',
  '%E0%A4%A',
  '%ED%A0%80',
  '..%2f..%2f..%2fetc%2fpasswd',
  '%2e%2e',
  '-1',
  '0',
  '00000000000000000001',
  '9223372036854775807',
  '9223372036854775808',
  '99999999999999999999999',
  '1e5',
  '0x10',
  '%EF%BC%91',
  '%40me',
  '@everyone',
  '__proto__',
  'constructor',
  'null',
  'undefined',
  '%F0%9F%91%8D',
  'a'.repeat(250),
]

/** Query strings that are wrong in their form, whatever the route takes. */
export const NASTY_QUERIES = [
  '?&wait=true',
  '?',
  '?=',
  '?&&&',
  '?%',
  '?%00=%00',
  '?limit=1&limit=2',
  '?limit=NaN',
  '?limit=1e9',
  '?limit=-1',
  '?limit=',
  '?limit[]=1&limit[0]=2',
  '?before=%00',
  '?after=9223372036854775808',
  '?after=1&before=2&around=3',
  '?query=%00&limit=2',
  '?query=%ED%A0%80',
  '?query=%25%5F%5C',
  '?__proto__=1&constructor=2&__proto__[x]=1',
  '?with_counts=maybe',
  `?q=${'x'.repeat(4_000)}`,
]
