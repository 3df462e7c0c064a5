import { ApiError } from '@convive/protocol/errors'

/** Nothing that Discord documents nests half as deep; what recurses over a body must come to an end. */
const DEEPEST = 64

/**
 * What somebody sent, fit to be kept. PostgreSQL holds no NUL characters: they are refused. Halves of characters (a page
 * cuts an emoji in two) become U+FFFD in place. Keys that reach an object's prototype, and depth, are refused or dropped.
 */
export function storable(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (typeof value === 'string') return storableText(value, path)
  if (typeof value !== 'object' || value === null) return value
  if (path.length >= DEEPEST)
    throw refused(path.slice(0, 1), 'BASE_TYPE_MAX_DEPTH', `Must not nest deeper than ${DEEPEST}.`)
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = storable(item, [...path, index])
    return value
  }
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) {
    const kept = storableText(key, path)
    const item = storable(object[key], [...path, kept])
    if (kept !== key || key === '__proto__') delete object[key]
    if (key !== '__proto__') object[kept] = item
  }
  return object
}

function storableText(text: string, path: readonly (string | number)[]): string {
  if (text.includes('\0')) throw refused(path, 'BASE_TYPE_BAD_VALUE', 'Must not contain NUL characters.')
  return text.isWellFormed() ? text : text.toWellFormed()
}

function refused(path: readonly (string | number)[], code: string, message: string): ApiError {
  return new ApiError('InvalidFormBody', {
    fields: [{ path: path.length > 0 ? path : ['_body'], code, message }],
  })
}
