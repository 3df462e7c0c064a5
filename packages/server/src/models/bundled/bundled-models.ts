import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { modelThreads } from '../local-files.ts'
import { type ChatRunner, createChatRunner } from './chat-runner.ts'
import { createEmbedder, type Embedder } from './embedding-model.ts'
import { createLlamaLanguageModel } from './language-model.ts'

export const BUNDLED_PROVIDER_ID = 'bundled'
export const BUNDLED_CHAT_NAME = 'smollm2-135m-instruct'
export const BUNDLED_EMBEDDING_NAME = 'multilingual-e5-small'
const CHAT_FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf'
const EMBEDDING_FILE = 'multilingual-e5-small.Q4_0.gguf'
const EMBEDDING_DIMENSIONS = 384
/** Indexing is patient, and the chat model has the other cores. */
const EMBEDDING_THREADS = 1

/** Rooms that are answered in one batch. */
const SEQUENCES = 8
/**
 * Prompt and answer together. The model was trained on 8,192, but llama.cpp takes the memory of all sequences at the
 * start (23 KB a token: 8 x 2,048 are 380 MB, 8 x 4,096 were 760 MB), and one thread reads 100 to 300 tokens a second:
 * a longer prompt would make people wait longer than the answer of so small a model is worth.
 */
const CONTEXT_TOKENS = 2_048

export interface BundledModels {
  readonly chat: LanguageModelV4
  readonly runner: ChatRunner
  readonly embedder: Embedder
  readonly contextTokens: number
  readonly label: string
  stop(): Promise<void>
}

/** The two models that come with the program, from `dir`; null if a file is not there. Nothing is loaded until first use. */
export function findBundledModels(dir: string): BundledModels | null {
  const chatFile = join(dir, CHAT_FILE)
  const embeddingFile = join(dir, EMBEDDING_FILE)
  if (!existsSync(chatFile) || !existsSync(embeddingFile)) return null
  const runner = createChatRunner({
    file: chatFile,
    threads: modelThreads(),
    sequences: SEQUENCES,
    contextTokens: CONTEXT_TOKENS,
  })
  const embedder = createEmbedder({
    id: BUNDLED_EMBEDDING_NAME,
    file: embeddingFile,
    dimensions: EMBEDDING_DIMENSIONS,
    threads: EMBEDDING_THREADS,
  })
  return {
    chat: createLlamaLanguageModel(BUNDLED_PROVIDER_ID, BUNDLED_CHAT_NAME, runner),
    runner,
    embedder,
    contextTokens: CONTEXT_TOKENS,
    label: 'SmolLM2 135M',
    stop: async () => void (await Promise.all([runner.stop(), embedder.stop()])),
  }
}
