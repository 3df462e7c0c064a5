import { CardError, type CharacterCard, isObject, type JsonObject } from './card.ts'

const MAX_FIELD_CHARS = 64 * 1024
const MAX_NAME_CHARS = 1024
const MAX_GREETINGS = 100
/** What only decorates a card is cut at these instead of refusing it; `raw` keeps the rest. */
const MAX_TAGS = 100
const MAX_TAG_CHARS = 100
const MAX_LANGUAGES = 100
const MAX_SOURCES = 100

/** V1's field names, and those of the still older Pygmalion and TavernAI files, which SillyTavern reads as well. */
const elder: Record<string, string[]> = {
  name: ['char_name'],
  description: ['char_persona'],
  scenario: ['world_scenario'],
  first_mes: ['char_greeting'],
  mes_example: ['example_dialogue'],
  creator_notes: ['creatorcomment'],
}
/** V1 has these at the top; V2 and V3 cards in the wild repeat them there, beside `data`. */
export const V1_FIELDS: ReadonlySet<string> = new Set([
  ...['name', 'description', 'personality', 'scenario', 'first_mes', 'mes_example', 'tags', 'creator_notes'],
  ...Object.values(elder).flat(),
])
const telling = ['description', 'personality', 'scenario', 'first_mes', 'mes_example']

/**
 * A card from its JSON. Lenient as SillyTavern is: what is missing, null or of another type than it should be is
 * read as text where it can be, and as empty where not. Throws CardError when it is no card, or exceeds a maximum.
 */
export function normaliseCard(raw: JsonObject): CharacterCard {
  const data = isObject(raw.data) ? raw.data : null
  const beside = (field: string) => (data === null || V1_FIELDS.has(field) ? find(raw, field) : undefined)
  const read = (field: string) => find(data, field) ?? beside(field)
  const version = versionOf(raw, data)
  if (version === null) {
    if (read('name') === undefined || telling.every((field) => read(field) === undefined)) {
      throw new CardError('NotACard', 'the JSON has no spec, and not the fields of a character either')
    }
  }
  return {
    version: version ?? 1,
    name: requireLength('name', toText(read('name')).trim(), MAX_NAME_CHARS),
    nickname: requireLength('nickname', toText(read('nickname')).trim(), MAX_NAME_CHARS),
    description: readField(read, 'description'),
    personality: readField(read, 'personality'),
    scenario: readField(read, 'scenario'),
    greetings: readGreetings(read, ['first_mes', 'alternate_greetings']),
    groupOnlyGreetings: readGreetings(read, ['group_only_greetings']),
    exampleDialogue: readField(read, 'mes_example'),
    systemPrompt: readField(read, 'system_prompt'),
    postHistoryInstructions: readField(read, 'post_history_instructions'),
    creatorNotes: readField(read, 'creator_notes'),
    creatorNotesMultilingual: readLanguages(read('creator_notes_multilingual')),
    tags: readTags(read('tags')),
    creator: requireLength('creator', toText(read('creator')).trim(), MAX_NAME_CHARS),
    characterVersion: requireLength('character_version', toText(read('character_version')), MAX_NAME_CHARS),
    source: toTexts(read('source')).slice(0, MAX_SOURCES),
    creationDate: toSeconds(read('creation_date')),
    modificationDate: toSeconds(read('modification_date')),
    lorebook: toObject(read('character_book')),
    extensions: toObject(read('extensions')) ?? {},
    raw,
  }
}

function find(object: JsonObject | null, field: string): unknown {
  if (object === null) return undefined
  for (const name of [field, ...(elder[field] ?? [])]) {
    if (Object.hasOwn(object, name) && object[name] !== null) return object[name]
  }
  return undefined
}

/** Null for a file that does not say: V1 has no `spec`. */
function versionOf(raw: JsonObject, data: JsonObject | null): 1 | 2 | 3 | null {
  const spec = toText(raw.spec).trim().toLowerCase()
  if (spec === 'chara_card_v3') return 3
  if (spec === 'chara_card_v2') return 2
  if (data === null) return null
  // A `data` object without a known spec: some tools leave it out, and versions to come have another.
  if (find(data, 'name') === undefined) return null
  return Number.parseFloat(toText(raw.spec_version)) >= 3 ? 3 : 2
}

function readField(read: (field: string) => unknown, field: string): string {
  return requireLength(field, toText(read(field)), MAX_FIELD_CHARS)
}

function readGreetings(read: (field: string) => unknown, fields: string[]): string[] {
  const greetings = fields.flatMap((field) => toTexts(read(field))).filter((text) => text.trim() !== '')
  if (greetings.length > MAX_GREETINGS) {
    throw new CardError(
      'TooLarge',
      `it has ${greetings.length} greetings; at most ${MAX_GREETINGS} are taken`,
    )
  }
  return greetings.map((text) => requireLength('a greeting', text, MAX_FIELD_CHARS))
}

function readTags(value: unknown): string[] {
  const listed = typeof value === 'string' ? value.split(',') : toTexts(value)
  const tags = listed
    .map((tag) => tag.trim().slice(0, MAX_TAG_CHARS).toWellFormed())
    .filter((tag) => tag !== '')
  return [...new Set(tags)].slice(0, MAX_TAGS)
}

function readLanguages(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).slice(0, MAX_LANGUAGES)
  return Object.fromEntries(
    entries.map(([language, text]) => {
      return [language, requireLength('creator_notes_multilingual', toText(text), MAX_FIELD_CHARS)]
    }),
  )
}

function requireLength(field: string, text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  throw new CardError('TooLarge', `${field} has ${text.length} characters; at most ${maxChars} are taken`)
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? toTexts(value).join('\n') : ''
}

function toTexts(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((item) => !Array.isArray(item)).map(toText)
  const text = toText(value)
  return text === '' ? [] : [text]
}

function toSeconds(value: unknown): number | null {
  const seconds = typeof value === 'string' ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) && value !== '' ? seconds : null
}

function toObject(value: unknown): JsonObject | null {
  return isObject(value) ? value : null
}
