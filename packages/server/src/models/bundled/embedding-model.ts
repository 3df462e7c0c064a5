import type { EmbeddingModelV4, JSONObject } from '@ai-sdk/provider'
import { ModelError } from '../errors.ts'
import { createLlamaProcess, type LlamaProcess } from './llama-process.ts'

export type EmbeddingKind = 'query' | 'passage'

/** Texts of one message to the process. */
const MAX_TEXTS_PER_CALL = 32
/** Texts that are sent and not yet answered, over all callers. */
const MAX_WAITING_TEXTS = 4_096
const CONTEXT_TOKENS = 512
/** Yields to the server, but not to the chat model: a reply may wait for a question's vector. */
const NICE = 5
const HUNG_AFTER_MS = 60_000

export interface Embedder {
  readonly id: string
  readonly dimensions: number
  /** Unit vectors in the order of the texts. Of a text only the first 509 tokens count. Questions overtake passages. */
  embed(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal): Promise<Float32Array[]>
  /** The same as the AI SDK's interface; `providerOptions.convive.kind` is `query` or `passage` (the default). */
  readonly model: EmbeddingModelV4
  readonly process: LlamaProcess
  stop(): Promise<void>
}

/** An embedding model of the E5 family (it wants `query: ` and `passage: ` before each text) in a process of its own. */
export function createEmbedder(options: {
  id: string
  file: string
  dimensions: number
  threads: number
}): Embedder {
  const process = createLlamaProcess({
    role: 'embed',
    file: options.file,
    threads: options.threads,
    sequences: 1,
    contextTokens: CONTEXT_TOKENS,
    nice: NICE,
    hungAfterMs: HUNG_AFTER_MS,
  })
  let waitingTexts = 0

  async function embedAll(texts: readonly string[], kind: EmbeddingKind, signal?: AbortSignal) {
    if (waitingTexts + texts.length > MAX_WAITING_TEXTS)
      throw new ModelError('RateLimited', 'Too many texts wait for the embedding model.', 5_000)
    waitingTexts += texts.length
    const vectors: Float32Array[] = []
    let tokens = 0
    try {
      for (let at = 0; at < texts.length; at += MAX_TEXTS_PER_CALL) {
        const batch = texts.slice(at, at + MAX_TEXTS_PER_CALL).map((text) => `${kind}: ${text}`)
        const answer = await embedBatch(process, batch, kind === 'query', signal)
        vectors.push(...answer.vectors)
        tokens += answer.tokens
      }
    } finally {
      waitingTexts -= texts.length
    }
    return { vectors, tokens }
  }

  return {
    id: options.id,
    dimensions: options.dimensions,
    process,
    embed: async (texts, kind, signal) => (await embedAll(texts, kind, signal)).vectors,
    model: {
      specificationVersion: 'v4',
      provider: 'bundled',
      modelId: options.id,
      maxEmbeddingsPerCall: MAX_WAITING_TEXTS / 8,
      supportsParallelCalls: true,
      async doEmbed({ values, abortSignal, providerOptions }) {
        const { vectors, tokens } = await embedAll(values, kindOf(providerOptions?.convive), abortSignal)
        return { embeddings: vectors.map((vector) => Array.from(vector)), usage: { tokens }, warnings: [] }
      },
    },
    stop: () => process.stop(),
  }
}

function kindOf(options: JSONObject | undefined): EmbeddingKind {
  return options?.kind === 'query' ? 'query' : 'passage'
}

async function embedBatch(
  process: LlamaProcess,
  texts: readonly string[],
  urgent: boolean,
  signal?: AbortSignal,
) {
  signal?.throwIfAborted()
  const result = Promise.withResolvers<{ vectors: Float32Array[]; tokens: number }>()
  const id = await process.request(
    { type: 'embed', texts, urgent },
    {
      onMessage(message) {
        if (message.type === 'embedded') result.resolve({ vectors: message.vectors, tokens: message.tokens })
        else if (message.type === 'failed') result.reject(new ModelError('Failed', message.message))
      },
      onError: result.reject,
    },
  )
  const stop = () => {
    process.forget(id)
    result.reject(signal?.reason)
  }
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await result.promise
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
