import type { LlamaContextSequence, LlamaModel, SequenceEvaluateOptions, Token } from 'node-llama-cpp'
import { createPromptWriter } from './prompt.ts'
import { createTextStream } from './text-stream.ts'
import type { ChildOptions, FromChild, ReadyInfo, Sampling, ToChild } from './wire.ts'

/** Small, so that a long prompt does not hold up the replies that already run, and a stop is heard soon. */
const BATCH_TOKENS = 64
/** A prompt must leave room for an answer. */
const MIN_OUTPUT_TOKENS = 16
const PUNISHED_TOKENS = 64

interface Slot {
  readonly sequence: LlamaContextSequence
  busy: boolean
  usedAt: number
}

type Generate = Extract<ToChild, { type: 'generate' }>

/** Runs in the llama process: one context, several sequences, evaluated together in one batch. */
export async function createChatEngine(
  model: LlamaModel,
  options: ChildOptions,
  send: (message: FromChild) => void,
) {
  const context = await model.createContext({
    sequences: options.sequences,
    contextSize: Math.min(options.contextTokens, model.trainContextSize),
    batchSize: BATCH_TOKENS,
    threads: options.threads,
    // Measured in CPU time: without it a token costs a fifth less at 800 tokens of context, a third less at 1,600.
    // Below 100 it costs a tenth more, but a room's prompt is seldom that short.
    flashAttention: false,
  })
  const slots = Array.from({ length: options.sequences }, (): Slot => {
    return { sequence: context.getSequence(), busy: false, usedAt: 0 }
  })
  const writer = createPromptWriter(model)
  const running = new Map<number, { cancelled: boolean }>()

  const info: ReadyInfo = {
    contextTokens: context.contextSize,
    trainContextTokens: model.trainContextSize,
    turnOverheadTokens: writer.turnOverheadTokens,
    name: model.fileInfo.metadata.general?.name ?? null,
  }

  async function generate(request: Generate): Promise<void> {
    const call = { cancelled: false }
    running.set(request.id, call)
    const tokens = writer.promptTokens(request.turns)
    const room = context.contextSize - tokens.length
    let slot: Slot | null = null
    try {
      if (room < MIN_OUTPUT_TOKENS)
        throw new Error(
          `The prompt has ${tokens.length} tokens; this model takes ${context.contextSize} with the answer.`,
        )
      slot = takeSlot(slots, tokens)
      const cachedTokens = await evaluatePrompt(slot.sequence, tokens, call, () => send({ type: 'progress' }))
      const maxTokens = Math.min(request.sampling.maxTokens, room)
      const rest = tokens.slice(slot.sequence.nextTokenIndex)
      const result = call.cancelled
        ? { reason: 'cancelled' as const, outputTokens: 0 }
        : await write(model, slot.sequence, rest, { ...request.sampling, maxTokens }, call, (text) =>
            send({ type: 'text', id: request.id, text }),
          )
      send({ type: 'done', id: request.id, ...result, inputTokens: tokens.length, cachedTokens })
    } catch (error) {
      send({ type: 'failed', id: request.id, message: (error as Error).message })
    } finally {
      running.delete(request.id)
      if (slot) slot.busy = false
    }
  }

  return {
    info,
    handle(message: ToChild): void {
      if (message.type === 'generate') void generate(message)
      else if (message.type === 'cancel') {
        const call = running.get(message.id)
        if (call) call.cancelled = true
      } else if (message.type === 'count')
        send({ type: 'counted', id: message.id, counts: message.texts.map(writer.countTokens) })
    },
  }
}

/**
 * The free sequence whose cached tokens this prompt continues; else the one that was idle longest.
 * A prefix that is less than half of the prompt is not worth another conversation's cache.
 */
function takeSlot(slots: readonly Slot[], tokens: readonly Token[]): Slot {
  const free = slots.filter((slot) => !slot.busy)
  let best: Slot | undefined
  let bestShared = Math.floor(tokens.length / 2)
  for (const slot of free) {
    const shared = sharedPrefix(slot.sequence.contextTokens, tokens)
    if (shared > bestShared) {
      best = slot
      bestShared = shared
    }
  }
  const slot = best ?? free.toSorted((a, b) => a.usedAt - b.usedAt)[0]
  if (!slot) throw new Error('All sequences are taken.')
  slot.busy = true
  slot.usedAt = performance.now()
  return slot
}

function sharedPrefix(cached: readonly Token[], tokens: readonly Token[]): number {
  const length = Math.min(cached.length, tokens.length)
  let index = 0
  while (index < length && cached[index] === tokens[index]) index++
  return index
}

/** Leaves in the sequence all of the prompt but its last batch. Ends with how many tokens were there before. */
async function evaluatePrompt(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  call: { readonly cancelled: boolean },
  onProgress: () => void,
): Promise<number> {
  // The last token is evaluated again in any case: the next one is sampled from its result.
  const keep = Math.min(sharedPrefix(sequence.contextTokens, tokens), tokens.length - 1)
  if (keep < sequence.nextTokenIndex) {
    await sequence.eraseContextTokenRanges([{ start: keep, end: sequence.nextTokenIndex }])
  }
  const cached = sequence.nextTokenIndex
  const lastBatchAt = tokens.length - BATCH_TOKENS
  for (let at = cached; at < lastBatchAt && !call.cancelled; at += BATCH_TOKENS) {
    await sequence.evaluateWithoutGeneratingNewTokens(
      tokens.slice(at, Math.min(at + BATCH_TOKENS, lastBatchAt)),
    )
    onProgress()
  }
  return cached
}

async function write(
  model: LlamaModel,
  sequence: LlamaContextSequence,
  tokens: Token[],
  sampling: Sampling,
  call: { readonly cancelled: boolean },
  onText: (text: string) => void,
): Promise<{ reason: 'stop' | 'length' | 'cancelled'; outputTokens: number }> {
  const recent: Token[] = []
  const text = createTextStream(model, sampling.stop, onText)
  let outputTokens = 0
  for await (const token of sequence.evaluate(tokens, evaluateOptions(sampling, recent))) {
    if (call.cancelled) return { reason: 'cancelled', outputTokens }
    outputTokens++
    recent.push(token)
    if (recent.length > PUNISHED_TOKENS) recent.shift()
    if (text.push(token)) return { reason: 'stop', outputTokens }
    if (outputTokens >= sampling.maxTokens) {
      text.end()
      return { reason: 'length', outputTokens }
    }
  }
  text.end()
  return { reason: 'stop', outputTokens }
}

function evaluateOptions(sampling: Sampling, recent: Token[]): SequenceEvaluateOptions {
  const options: SequenceEvaluateOptions = {
    temperature: sampling.temperature,
    minP: sampling.minP,
    topP: sampling.topP,
    topK: sampling.topK,
    repeatPenalty: {
      punishTokens: () => recent,
      maxPunishTokens: PUNISHED_TOKENS,
      penalty: sampling.repeatPenalty,
      frequencyPenalty: sampling.frequencyPenalty,
      presencePenalty: sampling.presencePenalty,
    },
  }
  if (sampling.seed !== null) options.seed = sampling.seed
  return options
}
