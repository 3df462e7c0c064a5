export type JsonObject = { [key: string]: unknown }

/** A character card of any version, in our words. What we have no word for stays in `raw`, and in `extensions`. */
export type CharacterCard = {
  /** The specification it came in. */
  version: 1 | 2 | 3
  /** May be empty: the importer asks. */
  name: string
  /** What {{char}} stands for, when not empty. */
  nickname: string
  description: string
  personality: string
  scenario: string
  /** `first_mes`, then `alternate_greetings`; none is blank. */
  greetings: string[]
  groupOnlyGreetings: string[]
  exampleDialogue: string
  systemPrompt: string
  postHistoryInstructions: string
  creatorNotes: string
  /** Language code (ISO 639-1) to text. */
  creatorNotesMultilingual: Record<string, string>
  tags: string[]
  creator: string
  characterVersion: string
  /** Where the card comes from: ids or URLs. */
  source: string[]
  /** Seconds since 1970. */
  creationDate: number | null
  modificationDate: number | null
  /** `character_book` as it came. */
  lorebook: JsonObject | null
  extensions: JsonObject
  /** The whole JSON as it came, less what PostgreSQL cannot store (NUL, lone surrogates). */
  raw: JsonObject
}

export type CardFailure = { ok: false; reason: 'TooLarge' | 'NotACard' | 'Malformed'; detail: string }

/** A card's own failure, thrown inside the parser and returned by it. */
export class CardError extends Error {
  readonly reason: CardFailure['reason']

  constructor(reason: CardFailure['reason'], detail: string) {
    super(detail)
    this.reason = reason
  }
}

/** Whether a JSON value is an object, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
