import { CardError, type CardFailure, type CharacterCard, isObject, type JsonObject } from './card.ts'
import { normaliseCard } from './normalise.ts'
import { type Chunk, isPng, keywordOf, readChunks, readText, withoutChunks } from './png.ts'

export type CardResult = { ok: true; card: CharacterCard; image: Uint8Array | null } | CardFailure

export const MAX_CARD_FILE_BYTES = 20 * 1024 * 1024
export const MAX_CARD_JSON_BYTES = 4 * 1024 * 1024
const MAX_BASE64_BYTES = Math.ceil(MAX_CARD_JSON_BYTES / 3) * 4 + 4
/** Real cards nest about ten deep; beyond this, walking and writing the JSON would overflow the stack. */
const MAX_JSON_DEPTH = 100
/** Real cards have some thousands of values; millions of tiny ones would hold the event loop up. */
const MAX_JSON_VALUES = 250_000
const CARD_KEYWORDS = ['ccv3', 'chara']
const utf8 = new TextDecoder()

/**
 * Reads a character card: a PNG with a `ccv3` (preferred) or `chara` text chunk, or the JSON itself; V1, V2 and V3.
 * `image` is the PNG without the card in it. Never throws, whatever the bytes.
 * https://github.com/kwaroran/character-card-spec-v3, https://github.com/malfoyslastname/character-card-spec-v2
 */
export function parseCard(bytes: Uint8Array): CardResult {
  try {
    if (bytes.length > MAX_CARD_FILE_BYTES) {
      throw new CardError('TooLarge', `the file has more than ${MAX_CARD_FILE_BYTES} bytes`)
    }
    if (!isPng(bytes)) return { ok: true, card: parseJsonCard(bytes, 'NotACard'), image: null }
    const card = parsePngCard(bytes)
    return { ok: true, card, image: withoutChunks(bytes, isCardChunk) }
  } catch (error) {
    if (error instanceof CardError) return { ok: false, reason: error.reason, detail: error.message }
    throw error
  }
}

/** Whether a chunk carries a card. */
export function isCardChunk(chunk: Chunk): boolean {
  return CARD_KEYWORDS.includes(keywordOf(chunk) ?? '')
}

function parsePngCard(bytes: Uint8Array): CharacterCard {
  const found = new Map<string, Chunk>()
  for (const chunk of readChunks(bytes)) {
    const keyword = keywordOf(chunk)
    if (keyword !== null && CARD_KEYWORDS.includes(keyword) && !found.has(keyword)) found.set(keyword, chunk)
  }
  let failure: unknown
  for (const keyword of CARD_KEYWORDS) {
    const chunk = found.get(keyword)
    if (chunk === undefined) continue
    try {
      return parseJsonCard(decodeText(readText(chunk, MAX_BASE64_BYTES)), 'Malformed')
    } catch (error) {
      // A broken V3 chunk still leaves the V2 one; when both are, the first complaint is the one to tell.
      failure ??= error
    }
  }
  throw failure ?? new CardError('NotACard', 'the picture has no character card in it')
}

/** Base64 by the specification; a few tools write the JSON as it is. */
function decodeText(text: Uint8Array): Uint8Array {
  const ascii = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1')
  return ascii.trimStart().startsWith('{') ? text : Buffer.from(ascii, 'base64')
}

function parseJsonCard(bytes: Uint8Array, otherwise: CardFailure['reason']): CharacterCard {
  if (bytes.length > MAX_CARD_JSON_BYTES) {
    throw new CardError('TooLarge', `the card has more than ${MAX_CARD_JSON_BYTES} bytes`)
  }
  const text = utf8.decode(bytes).trim()
  if (!text.startsWith('{')) throw new CardError(otherwise, 'neither a PNG nor a JSON object')
  const raw = cleanJson(parseJson(text), 0, { left: MAX_JSON_VALUES })
  if (!isObject(raw)) throw new CardError('NotACard', 'the JSON is no object')
  return normaliseCard(raw)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CardError('Malformed', 'the JSON is broken')
  }
}

/** A copy that PostgreSQL can store: its text and jsonb take neither NUL nor half a surrogate pair. */
function cleanJson(value: unknown, depth: number, budget: { left: number }): unknown {
  if (--budget.left < 0) throw new CardError('TooLarge', `the JSON has more than ${MAX_JSON_VALUES} values`)
  if (typeof value === 'string') return cleanString(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === MAX_JSON_DEPTH)
    throw new CardError('Malformed', `the JSON nests more than ${MAX_JSON_DEPTH} deep`)
  if (Array.isArray(value)) return value.map((item) => cleanJson(item, depth + 1, budget))
  const entries = Object.entries(value as JsonObject)
  // fromEntries defines a key named __proto__ like any other, where an assignment would set the prototype.
  return Object.fromEntries(
    entries.map(([key, item]) => [cleanString(key), cleanJson(item, depth + 1, budget)]),
  )
}

function cleanString(text: string): string {
  return text.isWellFormed() && !text.includes('\0') ? text : text.toWellFormed().replaceAll('\0', '')
}
