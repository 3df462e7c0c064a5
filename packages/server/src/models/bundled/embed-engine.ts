import type { LlamaModel } from 'node-llama-cpp'
import type { ChildOptions, FromChild, ReadyInfo, ToChild } from './wire.ts'

/** Begin and end token, and one that llama.cpp keeps free. */
const RESERVED_TOKENS = 3

interface Request {
  readonly id: number
  readonly texts: readonly string[]
  readonly vectors: Float32Array[]
  tokens: number
}

/** Runs in the llama process: one text after the other, questions before passages. */
export async function createEmbedEngine(
  model: LlamaModel,
  options: ChildOptions,
  send: (message: FromChild) => void,
) {
  const contextSize = Math.min(options.contextTokens, model.trainContextSize)
  const context = await model.createEmbeddingContext({
    contextSize,
    batchSize: contextSize,
    threads: options.threads,
  })
  const maxTokens = contextSize - RESERVED_TOKENS
  // Bounded by the other side, which counts what it sends.
  const urgent: Request[] = []
  const patient: Request[] = []
  let working = false

  async function embedNext(request: Request): Promise<void> {
    const text = request.texts[request.vectors.length] ?? ''
    const tokens = model.tokenize(text, false).slice(0, maxTokens)
    request.tokens += tokens.length
    const { vector } = await context.getEmbeddingFor(tokens)
    request.vectors.push(toUnitLength(vector))
  }

  async function work(): Promise<void> {
    if (working) return
    working = true
    for (;;) {
      const queue = urgent.length > 0 ? urgent : patient
      const request = queue[0]
      if (!request) break
      try {
        if (request.texts.length > 0) await embedNext(request)
        if (request.vectors.length < request.texts.length) {
          send({ type: 'progress' })
          continue
        }
        send({ type: 'embedded', id: request.id, vectors: request.vectors, tokens: request.tokens })
      } catch (error) {
        send({ type: 'failed', id: request.id, message: (error as Error).message })
      }
      remove(queue, request.id)
    }
    working = false
  }

  return {
    info: describe(model, maxTokens),
    handle(message: ToChild): void {
      if (message.type === 'embed') {
        const queue = message.urgent ? urgent : patient
        queue.push({ id: message.id, texts: message.texts, vectors: [], tokens: 0 })
        void work()
      } else if (message.type === 'count') {
        const counts = message.texts.map((text) => model.tokenize(text, false).length)
        send({ type: 'counted', id: message.id, counts })
      } else if (message.type === 'cancel') {
        remove(urgent, message.id)
        remove(patient, message.id)
      }
    },
  }
}

function remove(queue: Request[], id: number): void {
  const index = queue.findIndex((request) => request.id === id)
  if (index >= 0) queue.splice(index, 1)
}

function toUnitLength(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector) || 1
  return Float32Array.from(vector, (value) => value / length)
}

function describe(model: LlamaModel, contextTokens: number): ReadyInfo {
  return {
    contextTokens,
    trainContextTokens: model.trainContextSize,
    turnOverheadTokens: 0,
    name: model.fileInfo.metadata.general?.name ?? null,
  }
}
