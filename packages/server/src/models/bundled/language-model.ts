import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
  SharedV4Warning,
} from '@ai-sdk/provider'
import type { ChatRunner, Generation } from './chat-runner.ts'
import type { ChatTurn, Sampling } from './wire.ts'

/** What SmolLM2 writes best with; see models/README.md. */
const DEFAULT_SAMPLING = { temperature: 0.6, minP: 0.05, topP: 1, topK: 40, repeatPenalty: 1.1 }
const DEFAULT_MAX_OUTPUT_TOKENS = 512
const TEXT_ID = '0'

/** A local model file as the AI SDK's language model. Text only: tools, images and JSON schemas are named in the warnings. */
export function createLlamaLanguageModel(
  provider: string,
  modelId: string,
  runner: ChatRunner,
): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const request = readOptions(options)
      const texts: string[] = []
      const generation = await runner.generate(
        request.turns,
        request.sampling,
        (text) => void texts.push(text),
        options.abortSignal,
      )
      return {
        content: [{ type: 'text', text: texts.join('') }],
        finishReason: finishReasonOf(generation),
        usage: usageOf(generation),
        warnings: request.warnings,
      }
    },
    async doStream(options) {
      const request = readOptions(options)
      return { stream: streamParts(runner, request, options.abortSignal) }
    },
  }
}

interface Request {
  turns: ChatTurn[]
  sampling: Sampling
  warnings: SharedV4Warning[]
}

function streamParts(
  runner: ChatRunner,
  request: Request,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  const cancel = new AbortController()
  const either = signal ? AbortSignal.any([signal, cancel.signal]) : cancel.signal
  return new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: request.warnings })
      let begun = false
      const onText = (delta: string) => {
        if (cancel.signal.aborted) return
        if (!begun) controller.enqueue({ type: 'text-start', id: TEXT_ID })
        begun = true
        controller.enqueue({ type: 'text-delta', id: TEXT_ID, delta })
      }
      runner.generate(request.turns, request.sampling, onText, either).then(
        (generation) => {
          if (cancel.signal.aborted) return
          if (begun) controller.enqueue({ type: 'text-end', id: TEXT_ID })
          controller.enqueue({
            type: 'finish',
            finishReason: finishReasonOf(generation),
            usage: usageOf(generation),
          })
          controller.close()
        },
        (error: unknown) => {
          if (!cancel.signal.aborted) controller.error(error)
        },
      )
    },
    cancel(reason) {
      cancel.abort(reason)
    },
  })
}

function readOptions(options: LanguageModelV4CallOptions): Request {
  const warnings: SharedV4Warning[] = []
  if (options.tools?.length) warnings.push({ type: 'unsupported', feature: 'tools' })
  if (options.responseFormat?.type === 'json')
    warnings.push({ type: 'unsupported', feature: 'responseFormat' })
  const turns = options.prompt.flatMap((message) => toTurn(message, warnings))
  const sampling: Sampling = {
    maxTokens: options.maxOutputTokens ?? DEFAULT_MAX_OUTPUT_TOKENS,
    temperature: options.temperature ?? DEFAULT_SAMPLING.temperature,
    minP: DEFAULT_SAMPLING.minP,
    topP: options.topP ?? DEFAULT_SAMPLING.topP,
    topK: options.topK ?? DEFAULT_SAMPLING.topK,
    repeatPenalty: DEFAULT_SAMPLING.repeatPenalty,
    frequencyPenalty: options.frequencyPenalty ?? 0,
    presencePenalty: options.presencePenalty ?? 0,
    seed: options.seed ?? null,
    stop: options.stopSequences?.filter((text) => text !== '') ?? [],
  }
  return { turns, sampling, warnings }
}

function toTurn(message: LanguageModelV4Message, warnings: SharedV4Warning[]): ChatTurn[] {
  if (message.role === 'system') return [{ role: 'system', text: message.content }]
  if (message.role === 'tool') {
    warnings.push({ type: 'unsupported', feature: 'tool messages' })
    return []
  }
  const texts: string[] = []
  for (const part of message.content) {
    if (part.type === 'text') texts.push(part.text)
    else warnings.push({ type: 'unsupported', feature: `${part.type} parts` })
  }
  return [{ role: message.role, text: texts.join('\n') }]
}

function finishReasonOf(generation: Generation): LanguageModelV4FinishReason {
  return { unified: generation.reason, raw: generation.reason }
}

function usageOf(generation: Generation): LanguageModelV4Usage {
  const { inputTokens, cachedTokens, outputTokens } = generation
  return {
    inputTokens: {
      total: inputTokens,
      noCache: inputTokens - cachedTokens,
      cacheRead: cachedTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: outputTokens, text: outputTokens, reasoning: 0 },
  }
}
