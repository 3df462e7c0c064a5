import type { ModelFailure } from './characters.ts'

/** Gateway dispatches of ours. Sent only to a session that said `convive: true` in Identify. */
export interface ConviveEvents {
  /** A character is about to answer, or wrote on: `text` begins at `offset` characters of what was sent before. */
  CONVIVE_DRAFT: Draft
  /** The draft is over. Its message, if there is one, came by MESSAGE_CREATE with `nonce` = `draft_id`, or by MESSAGE_UPDATE. */
  CONVIVE_DRAFT_END: DraftEnd
  /** Models, providers or the default changed. Nothing but the fact: fetch again. */
  CONVIVE_MODELS_UPDATE: Record<string, never>
  /** A character of yours was made, changed or deleted: fetch again. */
  CONVIVE_CHARACTERS_UPDATE: { character_id: string }
}

export interface Draft {
  channel_id: string
  guild_id?: string
  draft_id: string
  character_id: string
  /** The message that is being written anew, for a regeneration; else null. */
  message_id: string | null
  phase: 'thinking' | 'speaking'
  offset: number
  text: string
}

export interface DraftEnd {
  channel_id: string
  guild_id?: string
  draft_id: string
  character_id: string
  outcome: 'sent' | 'stopped' | 'failed' | 'silent'
  /** Why, for a regeneration that failed: the message stays as it was. A first answer that fails leaves a notice in the room. */
  failure?: ModelFailure
}

/** What `message.convive` holds, beside Discord's own fields. */
export interface MessageExtras {
  /** Which of the answers is shown (from 0), and how many there are. Absent: one. */
  alternatives?: { index: number; count: number }
  /** The model that wrote it. */
  model?: string
  /** Written by the bundled model: the page says what is better. */
  bundled?: boolean
  /** Not an answer: the model failed, and `POST …/regenerate` tries again. */
  notice?: { failure: ModelFailure; model: string; retry_after_ms?: number }
  /** Cut short by somebody's stop. */
  stopped?: boolean
}

/** What `user.convive` holds. */
export interface UserExtras {
  kind: 'person' | 'character' | 'application'
}
