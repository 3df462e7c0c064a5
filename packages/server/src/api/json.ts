import { ApiError } from '@convive/protocol/errors'

/** An integer of 16 or more digits outside a string: JSON.parse would round it. */
const LONG_INTEGER = /[:[,\s]-?\d{16,}/
/** Nothing that Discord documents nests half as deep; what recurses over a body must come to an end. */
const DEEPEST = 64

/** JSON.parse that keeps ids sent as bare integers, as strings (discord.py sends some so). Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, context?: { source?: string }) => {
    const source = context?.source
    return typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source)
      ? source
      : value
  })
}

/**
 * What somebody sent, fit to be kept. PostgreSQL holds no NUL characters: they are refused. Halves of characters (a page
 * cuts an emoji in two) become U+FFFD in place. Keys that reach an object's prototype, and depth, are refused or dropped.
 */
export function tidyInput(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (typeof value === 'string') return tidyText(value, path)
  if (typeof value !== 'object' || value === null) return value
  if (path.length >= DEEPEST)
    throw refused(path.slice(0, 1), 'BASE_TYPE_MAX_DEPTH', `Must not nest deeper than ${DEEPEST}.`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = tidyInput(item, [...path, index])
    return value
  }
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) {
    const kept = tidyText(key, path)
    const item = tidyInput(object[key], [...path, kept])
    if (kept !== key || key === '__proto__') delete object[key]
    if (key !== '__proto__') object[kept] = item
  }
  return object
}

function tidyText(text: string, path: readonly (string | number)[]): string {
  if (text.includes('\0')) throw refused(path, 'BASE_TYPE_BAD_VALUE', 'Must not contain NUL characters.')
  return text.isWellFormed() ? text : text.toWellFormed()
}

function refused(path: readonly (string | number)[], code: string, message: string): ApiError {
  return new ApiError('InvalidFormBody', {
    fields: [{ path: path.length > 0 ? path : ['_body'], code, message }],
  })
}
