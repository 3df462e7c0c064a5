import { type Character, CharacterDefinition } from '@convive/protocol/characters'
import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import sharp from 'sharp'
import type { Actor, App } from '../context.ts'
import type { CharacterCard } from './cards/card.ts'
import { parseCard } from './cards/parse.ts'
import { createCharacter } from './characters.ts'

/** Edge of the face that is cut from a card's picture, in pixels. */
const AVATAR_PX = 512

/**
 * Makes a private character from a card file (PNG or JSON; V1, V2, V3). The card's JSON is kept whole beside the
 * definition. Throws NotACard with what is wrong.
 */
export async function importCharacter(
  app: App,
  actor: Actor,
  file: { filename: string; bytes: Buffer },
): Promise<Character> {
  const result = parseCard(file.bytes)
  if (!result.ok) throw new ApiError('NotACard', { message: result.detail })
  const fallback = file.filename.replace(/\.[^.]*$/, '').trim() || 'Character'
  const definition = CharacterDefinition.safeParse(fromCard(result.card, fallback))
  if (!definition.success)
    throw new ApiError('NotACard', {
      message: definition.error.issues[0]?.message ?? 'The card is not valid',
    })
  return createCharacter(app, actor, {
    definition: definition.data,
    visibility: 'private',
    avatar: result.image && (await faceOf(result.image)),
    card: result.card.raw,
  })
}

function fromCard(card: CharacterCard, fallbackName: string): unknown {
  return {
    name: cut(card.name.trim() || fallbackName, LIMITS.usernameChars),
    nickname: cut(card.nickname, LIMITS.usernameChars),
    description: card.description,
    personality: card.personality,
    scenario: card.scenario,
    greetings: card.greetings.slice(0, LIMITS.greetings),
    example_dialogue: card.exampleDialogue,
    system_prompt: card.systemPrompt.replaceAll('{{original}}', ''),
    post_history_instructions: card.postHistoryInstructions.replaceAll('{{original}}', ''),
    tags: card.tags
      .map((tag) => cut(tag, 64))
      .filter((tag) => tag !== '')
      .slice(0, 50),
    creator_notes: card.creatorNotes,
  }
}

/** Cuts between characters, not within them. */
function cut(text: string, most: number): string {
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (kept.length + segment.length > most) break
    kept += segment
  }
  return kept
}

async function faceOf(image: Uint8Array): Promise<string | null> {
  try {
    const png = await sharp(image, { limitInputPixels: 50_000_000 })
      .resize(AVATAR_PX, AVATAR_PX, { fit: 'cover', position: 'top' })
      .webp({ quality: 85 })
      .toBuffer()
    return `data:image/webp;base64,${png.toString('base64')}`
  } catch {
    // A card's picture that cannot be read is no reason to refuse the card.
    return null
  }
}
