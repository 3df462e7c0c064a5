import type { CharacterDefinition } from '@convive/protocol/characters'

/** A character before anything is written. */
export const blankDefinition: CharacterDefinition = {
  name: '',
  nickname: '',
  tagline: '',
  description: '',
  personality: '',
  scenario: '',
  greetings: [],
  example_dialogue: '',
  system_prompt: '',
  post_history_instructions: '',
  tags: [],
  creator_notes: '',
  talkativeness: 0.5,
  model: null,
  temperature: null,
  max_output_tokens: null,
}

/** Tags from a line of text, divided by commas of either script. */
export function readTags(text: string): string[] {
  return [
    ...new Set(
      text
        .split(/[,，、]/)
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
  ].slice(0, 50)
}

/** The greeting with the names filled in, as the trial shows it. */
export function fillNames(text: string, character: string, person: string): string {
  return text.replaceAll(/\{\{char\}\}/gi, character).replaceAll(/\{\{user\}\}/gi, person)
}
