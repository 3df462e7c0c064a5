import { type CharacterCard, isObject, type JsonObject } from './card.ts'
import { V1_FIELDS } from './normalise.ts'
import { isCardChunk } from './parse.ts'
import { insertTexts, isPng, withoutChunks } from './png.ts'

/**
 * The card as V3 JSON: our fields over what the card brought along, so that fields we do not know survive.
 * https://github.com/kwaroran/character-card-spec-v3
 */
export function exportCard(card: CharacterCard): JsonObject {
  // Ours say V1's fields in `data` alone, so that no copy goes stale.
  const beside = Object.entries(card.raw).filter(([key]) => key !== 'data' && !V1_FIELDS.has(key))
  const newer = card.version === 3 && Number.parseFloat(String(card.raw.spec_version)) > 3
  return {
    ...Object.fromEntries(beside),
    spec: 'chara_card_v3',
    spec_version: newer ? card.raw.spec_version : '3.0',
    data: exportData(card),
  }
}

function exportData(card: CharacterCard): JsonObject {
  const brought = isObject(card.raw.data) ? card.raw.data : {}
  const [firstGreeting = '', ...otherGreetings] = card.greetings
  const data: JsonObject = {
    ...brought,
    name: card.name,
    description: card.description,
    personality: card.personality,
    scenario: card.scenario,
    first_mes: firstGreeting,
    alternate_greetings: otherGreetings,
    group_only_greetings: card.groupOnlyGreetings,
    mes_example: card.exampleDialogue,
    system_prompt: card.systemPrompt,
    post_history_instructions: card.postHistoryInstructions,
    creator_notes: card.creatorNotes,
    tags: card.tags,
    creator: card.creator,
    character_version: card.characterVersion,
    extensions: card.extensions,
  }
  setOrDelete(data, 'nickname', card.nickname, card.nickname !== '')
  setOrDelete(data, 'source', card.source, card.source.length > 0)
  const notes = card.creatorNotesMultilingual
  setOrDelete(data, 'creator_notes_multilingual', notes, Object.keys(notes).length > 0)
  setOrDelete(data, 'creation_date', card.creationDate, card.creationDate !== null)
  setOrDelete(data, 'modification_date', card.modificationDate, card.modificationDate !== null)
  setOrDelete(data, 'character_book', card.lorebook, card.lorebook !== null)
  return data
}

function setOrDelete(data: JsonObject, key: string, value: unknown, present: boolean): void {
  if (present) data[key] = value
  else delete data[key]
}

/**
 * The PNG with the card in it, as V3 (`ccv3`) and, for programs that know no V3, as V2 (`chara`) with the same data
 * less the assets, which may be large. A card already in it is replaced.
 */
export function writeCard(png: Uint8Array, card: CharacterCard): Uint8Array {
  if (!isPng(png)) throw new TypeError('writeCard needs a PNG')
  const third = exportCard(card)
  const { assets: _, ...data } = exportData(card)
  const second = { ...third, spec: 'chara_card_v2', spec_version: '2.0', data }
  return insertTexts(withoutChunks(png, isCardChunk), [
    { keyword: 'chara', text: encode(second) },
    { keyword: 'ccv3', text: encode(third) },
  ])
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64')
}
