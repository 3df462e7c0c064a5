import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { ProviderKind } from '@convive/protocol/models'
import { extractReasoningMiddleware, wrapLanguageModel } from 'ai'
import type { ModelPrices } from './metering.ts'

/** What the instance owner may set beside address and key; kept as JSON. */
export interface ProviderOptions {
  /** The model to test with, and to offer where the provider cannot list its models. */
  model?: string
  /** Known better than by us: overrides table and discovery, for all models of this provider. */
  contextTokens?: number
  prices?: Record<string, ModelPrices>
  /** Ask for token counts at the end of a stream; the few servers that refuse the request want false. */
  includeUsage?: boolean
}

/** A place that models come from, with its key: never leaves this folder. */
export interface Provider {
  id: string
  kind: ProviderKind
  name: string
  /** For gguf the path of the file. */
  baseUrl: string | null
  apiKey: string | null
  options: ProviderOptions
  /** From the environment. */
  managed: boolean
}

export type HostedKind = Exclude<ProviderKind, 'gguf'>

export const DEFAULT_BASE_URLS: Record<HostedKind, string> = {
  'openai-compatible': 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
  ollama: 'http://127.0.0.1:11434',
}

/** The address to speak to: without a closing slash, and with the `/v1` that people leave out of a bare host. */
export function baseUrlOf(provider: Provider): string {
  const kind = provider.kind as HostedKind
  const given = (provider.baseUrl ?? DEFAULT_BASE_URLS[kind]).replace(/\/+$/, '')
  if (kind === 'ollama') return given.replace(/\/v1$/, '')
  const isBare = URL.canParse(given) && new URL(given).pathname === '/'
  return kind === 'openai-compatible' && isBare ? `${given}/v1` : given
}

/** A hosted model (or one behind a local server) as the AI SDK's language model. Nothing is sent yet. */
export function createHostedModel(provider: Provider, modelName: string): LanguageModelV4 {
  const baseURL = baseUrlOf(provider)
  switch (provider.kind) {
    case 'anthropic':
      return createAnthropic({ baseURL, apiKey: provider.apiKey ?? '' })(modelName)
    case 'google':
      return createGoogle({ baseURL, apiKey: provider.apiKey ?? '' })(modelName)
    case 'ollama':
      return openAiModel(provider, `${baseURL}/v1`, modelName)
    case 'openai-compatible':
      return openAiModel(provider, baseURL, modelName)
    case 'gguf':
      throw new Error('a GGUF file is not a hosted model')
  }
}

function openAiModel(provider: Provider, baseURL: string, modelName: string): LanguageModelV4 {
  const create = createOpenAICompatible({
    name: provider.kind,
    baseURL,
    includeUsage: provider.options.includeUsage ?? true,
    ...(provider.apiKey ? { apiKey: provider.apiKey } : {}),
    ...(new URL(baseURL).hostname === 'api.openai.com' ? { transformRequestBody: toOpenAiBody } : {}),
  })
  // Open models think in the text itself; nobody in the room should read it.
  const middleware = extractReasoningMiddleware({ tagName: 'think' })
  return wrapLanguageModel({ model: create(modelName), middleware })
}

/** OpenAI itself has given up `max_tokens`, and its reasoning models refuse sampling; those that imitate it have not. */
function toOpenAiBody(body: Record<string, unknown>): Record<string, unknown> {
  const { max_tokens, ...rest } = body
  if (max_tokens !== undefined) rest.max_completion_tokens = max_tokens
  if (/^(o\d|gpt-5)/.test(String(body.model))) {
    delete rest.temperature
    delete rest.top_p
  }
  return rest
}
