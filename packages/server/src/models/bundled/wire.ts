/** What the server and a llama process say to each other. Both sides send arrays, so that a tick is one message. */

export interface ChatTurn {
  role: 'system' | 'user' | 'assistant'
  text: string
}

export interface Sampling {
  maxTokens: number
  temperature: number
  minP: number
  topP: number
  topK: number
  repeatPenalty: number
  frequencyPenalty: number
  presencePenalty: number
  seed: number | null
  stop: readonly string[]
}

/** Given to the process at its start, as JSON in its first argument. */
export interface ChildOptions {
  role: 'chat' | 'embed'
  file: string
  threads: number
  /** Conversations that are evaluated in one batch. */
  sequences: number
  /** Tokens of prompt and answer together, for each. */
  contextTokens: number
  /** Added to the process's niceness: the server's event loop goes before the model. */
  nice: number
}

export interface ReadyInfo {
  contextTokens: number
  trainContextTokens: number
  /** Tokens that the chat template adds to each message. */
  turnOverheadTokens: number
  name: string | null
}

export type ToChild =
  | { type: 'generate'; id: number; turns: readonly ChatTurn[]; sampling: Sampling }
  | { type: 'count'; id: number; texts: readonly string[] }
  | { type: 'embed'; id: number; texts: readonly string[]; urgent: boolean }
  | { type: 'cancel'; id: number }

export type FromChild =
  | { type: 'ready'; info: ReadyInfo }
  | { type: 'progress' }
  | { type: 'text'; id: number; text: string }
  | {
      type: 'done'
      id: number
      reason: 'stop' | 'length' | 'cancelled'
      inputTokens: number
      cachedTokens: number
      outputTokens: number
    }
  | { type: 'counted'; id: number; counts: number[] }
  | { type: 'embedded'; id: number; vectors: Float32Array[]; tokens: number }
  | { type: 'failed'; id: number; message: string }
  | { type: 'fatal'; message: string }
