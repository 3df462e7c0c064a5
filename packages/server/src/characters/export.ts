import { LIMITS } from '@convive/protocol/limits'
import sharp from 'sharp'
import type { Actor, App } from '../context.ts'
import { findImageKey } from '../storage/images.ts'
import type { CharacterCard, JsonObject } from './cards/card.ts'
import { exportCard, writeCard } from './cards/export.ts'
import { normaliseCard } from './cards/normalise.ts'
import { getOwnCharacter } from './characters.ts'

/** Edge of the picture of a card whose character has none, in pixels. */
const BLANK_PX = 512

/**
 * One's own character as a card that other programs read: PNG (V2 and V3 within) or JSON (V3). What an imported card
 * brought along and we have no word for is in it again. Throws UnknownCharacter.
 */
export async function exportCharacter(
  app: App,
  actor: Actor,
  id: string,
  format: 'png' | 'json',
): Promise<{ bytes: Uint8Array; contentType: string }> {
  const character = await getOwnCharacter(app, actor, id)
  const imported = await app.db
    .selectFrom('character_versions')
    .select('card')
    .where('character_id', '=', id)
    .where('card', 'is not', null)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  const { definition: d } = character
  const raw = (imported?.card ?? {
    spec: 'chara_card_v3',
    spec_version: '3.0',
    data: { name: d.name },
  }) as JsonObject
  const card: CharacterCard = {
    ...normaliseCard(raw),
    name: d.name,
    nickname: d.nickname,
    description: d.description,
    personality: d.personality,
    scenario: d.scenario,
    greetings: d.greetings.slice(0, LIMITS.greetings),
    exampleDialogue: d.example_dialogue,
    systemPrompt: d.system_prompt,
    postHistoryInstructions: d.post_history_instructions,
    creatorNotes: d.creator_notes,
    tags: d.tags,
  }
  if (format === 'json') {
    return { bytes: Buffer.from(JSON.stringify(exportCard(card), null, 2)), contentType: 'application/json' }
  }
  return { bytes: writeCard(await pictureOf(app, id, character.avatar), card), contentType: 'image/png' }
}

async function pictureOf(app: App, id: string, avatar: string | null): Promise<Uint8Array> {
  const key = avatar && findImageKey('avatars', id, avatar)
  const bytes = key && (await app.files.read(key))
  if (bytes) return sharp(bytes).png().toBuffer()
  return sharp({ create: { width: BLANK_PX, height: BLANK_PX, channels: 3, background: '#2f6b5b' } })
    .png()
    .toBuffer()
}
