import type { LanguageModelV4 } from '@ai-sdk/provider'
import { listRemoteModels, type RemoteModel } from './discovery.ts'
import { describeFailure, type Failure } from './errors.ts'
import { createHostedModel, type Provider } from './providers.ts'

export type ProviderTest = { ok: true; modelName: string; tookMs: number } | ({ ok: false } & Failure)

const TEST_OUTPUT_TOKENS = 16
const HOSTED_TIMEOUT_MS = 20_000
/** A local server may have to load the model first. */
const LOCAL_TIMEOUT_MS = 90_000

/** One cheap real call to a hosted provider, with the named model or the smallest-sounding that it lists. */
export async function testHostedProvider(
  provider: Provider,
  modelName: string | null,
  signal?: AbortSignal,
): Promise<ProviderTest> {
  try {
    const name =
      modelName ?? provider.options.model ?? chooseTestModel(await listRemoteModels(provider, signal))
    if (!name)
      return { ok: false, failure: 'UnknownModel', message: 'The provider lists no model: name one.' }
    return await testModel(createHostedModel(provider, name), name, timeoutOf(provider), signal)
  } catch (error) {
    return { ok: false, ...describeFailure(error) }
  }
}

/** Asks one model for a word. */
export async function testModel(
  model: LanguageModelV4,
  modelName: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<ProviderTest> {
  const startedAt = performance.now()
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    await model.doGenerate({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'Say hello in one word.' }] }],
      maxOutputTokens: TEST_OUTPUT_TOKENS,
      abortSignal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return { ok: true, modelName, tookMs: Math.round(performance.now() - startedAt) }
  } catch (error) {
    if (timeout.aborted) return { ok: false, failure: 'TimedOut', message: 'The provider took too long.' }
    return { ok: false, ...describeFailure(error) }
  }
}

const NOT_FOR_CHAT =
  /embed|whisper|tts|dall|image|audio|moderation|realtime|rerank|sora|veo|imagen|transcribe|codex|instruct$/i
const CHEAP = /nano|mini|flash|lite|haiku|small|turbo|8b|7b|3b/i

/** A cheap chat model of a list, or null if it is empty. */
export function chooseTestModel(models: readonly RemoteModel[]): string | null {
  const chat = models.filter((model) => !NOT_FOR_CHAT.test(model.name))
  return (chat.find((model) => CHEAP.test(model.name)) ?? chat[0] ?? models[0])?.name ?? null
}

function timeoutOf(provider: Provider): number {
  return provider.kind === 'ollama' || /^https?:\/\/(localhost|127\.|\[::1\])/.test(provider.baseUrl ?? '')
    ? LOCAL_TIMEOUT_MS
    : HOSTED_TIMEOUT_MS
}
