import { z } from 'zod'
import { LIMITS } from './limits.ts'

const text = (max: number = LIMITS.definitionFieldChars) => z.string().max(max)

/** What a character is, as its maker writes it. Each save is a version of this. */
export const CharacterDefinition = z.object({
  name: z.string().trim().min(1).max(LIMITS.usernameChars),
  nickname: text(LIMITS.usernameChars).default(''),
  tagline: text(200).default(''),
  description: text().default(''),
  personality: text().default(''),
  scenario: text().default(''),
  greetings: z.array(text()).max(LIMITS.greetings).default([]),
  example_dialogue: text().default(''),
  system_prompt: text().default(''),
  post_history_instructions: text().default(''),
  tags: z.array(z.string().min(1).max(64)).max(50).default([]),
  creator_notes: text().default(''),
  /** How readily it joins in when nobody names it: 0 never, 1 always. */
  talkativeness: z.number().min(0).max(1).default(0.5),
  /** `provider/model`, or null for the instance's default. */
  model: z.string().max(200).nullable().default(null),
  temperature: z.number().min(0).max(2).nullable().default(null),
  max_output_tokens: z.number().int().min(16).max(4096).nullable().default(null),
})
export type CharacterDefinition = z.infer<typeof CharacterDefinition>

export const CharacterVisibility = z.enum(['private', 'unlisted', 'public'])
export type CharacterVisibility = z.infer<typeof CharacterVisibility>

/** Body of `POST /characters`: a definition, who may see it, and an avatar as a data URI. */
export const CreateCharacter = z.object({
  definition: CharacterDefinition,
  visibility: CharacterVisibility.default('private'),
  avatar: z.string().nullable().optional(),
})

/** Body of `PATCH /characters/:id`. A definition given is a new version, whole. */
export const UpdateCharacter = z.object({
  definition: CharacterDefinition.optional(),
  visibility: CharacterVisibility.optional(),
  avatar: z.string().nullable().optional(),
})

/** A character as others see it: never its private definition. */
export interface CharacterSummary {
  id: string
  name: string
  tagline: string
  avatar: string | null
  tags: string[]
  visibility: CharacterVisibility
  owner_id: string
  version: number
}

/** A character as its owner sees it. */
export interface Character extends CharacterSummary {
  definition: CharacterDefinition
}

/** Body of `POST /characters/trial`: a definition not saved yet, and the conversation so far. Answered by `text/event-stream` of TrialEvent. */
export const TrialRequest = z.object({
  definition: CharacterDefinition,
  messages: z
    .array(z.object({ role: z.enum(['user', 'assistant']), content: text(4000) }))
    .min(1)
    .max(100),
})

export type TrialEvent =
  | { type: 'delta'; text: string }
  | { type: 'done'; model: string }
  | { type: 'failed'; failure: ModelFailure; model: string }

/** How a model can fail a reply. */
export type ModelFailure =
  | 'RateLimited'
  | 'Unreachable'
  | 'BadKey'
  | 'UnknownModel'
  | 'TimedOut'
  | 'Stopped'
  | 'Refused'
  | 'Failed'
