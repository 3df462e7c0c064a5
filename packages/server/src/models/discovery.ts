import { APICallError } from '@ai-sdk/provider'
import { z } from 'zod'
import { ModelError } from './errors.ts'
import { baseUrlOf, type Provider } from './providers.ts'

/** A model as its provider lists it. */
export interface RemoteModel {
  name: string
  label: string
  /** Null where the provider does not say. */
  contextTokens: number | null
}

const MAX_MODELS = 500
const MAX_BODY_BYTES = 4_000_000
const OLLAMA_TIMEOUT_MS = 800
const HOSTED_TIMEOUT_MS = 6_000
/** What Ollama gives a request unless told otherwise, whatever the model could take. */
const OLLAMA_CONTEXT_TOKENS = 4_096

/** Asks a provider for its models, at most 500. Throws what describeFailure can name. */
export async function listRemoteModels(provider: Provider, signal?: AbortSignal): Promise<RemoteModel[]> {
  const baseUrl = baseUrlOf(provider)
  switch (provider.kind) {
    case 'ollama':
      return listOllama(baseUrl, signal)
    case 'anthropic':
      return listOpenAiStyle(
        `${baseUrl}/models?limit=1000`,
        {
          'x-api-key': provider.apiKey ?? '',
          'anthropic-version': '2023-06-01',
        },
        signal,
      )
    case 'google':
      return listGoogle(`${baseUrl}/models?pageSize=1000`, provider.apiKey ?? '', signal)
    case 'openai-compatible': {
      const headers: Record<string, string> = provider.apiKey
        ? { authorization: `Bearer ${provider.apiKey}` }
        : {}
      return listOpenAiStyle(`${baseUrl}/models`, headers, signal)
    }
    case 'gguf':
      return []
  }
}

const OllamaTags = z.object({ models: z.array(z.object({ name: z.string() })) })

async function listOllama(baseUrl: string, signal?: AbortSignal): Promise<RemoteModel[]> {
  const { models } = readAnswer(
    OllamaTags,
    await getJson(`${baseUrl}/api/tags`, {}, OLLAMA_TIMEOUT_MS, signal),
  )
  return models.slice(0, MAX_MODELS).map(({ name }) => ({ name, label: name, contextTokens: null }))
}

const OllamaShow = z.object({
  parameters: z.string().optional(),
  model_info: z.record(z.string(), z.unknown()).optional(),
})

/**
 * The tokens that Ollama will really take for a model: `num_ctx` of its Modelfile, else its default of 4,096 or the
 * model's own length where that is smaller. Over /v1 nothing else can be asked for. Null if Ollama does not answer.
 */
export async function findOllamaContext(
  provider: Provider,
  name: string,
  signal?: AbortSignal,
): Promise<number | null> {
  try {
    const url = `${baseUrlOf(provider)}/api/show`
    const shown = readAnswer(OllamaShow, await getJson(url, {}, OLLAMA_TIMEOUT_MS, signal, { model: name }))
    const set = /^num_ctx\s+(\d+)/m.exec(shown.parameters ?? '')?.[1]
    if (set) return Number(set)
    const length = Object.entries(shown.model_info ?? {}).find(([key]) =>
      key.endsWith('.context_length'),
    )?.[1]
    return typeof length === 'number' ? Math.min(length, OLLAMA_CONTEXT_TOKENS) : OLLAMA_CONTEXT_TOKENS
  } catch {
    return null
  }
}

/** The same number under the names that OpenRouter, vLLM, Groq, Mistral, Anthropic and llama.cpp give it. */
const OpenAiModels = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      name: z.string().optional(),
      display_name: z.string().optional(),
      context_length: z.number().nullish(),
      max_model_len: z.number().nullish(),
      context_window: z.number().nullish(),
      max_context_length: z.number().nullish(),
      max_input_tokens: z.number().nullish(),
      meta: z.object({ n_ctx: z.number().nullish() }).nullish(),
    }),
  ),
})

async function listOpenAiStyle(
  url: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<RemoteModel[]> {
  const { data } = readAnswer(OpenAiModels, await getJson(url, headers, HOSTED_TIMEOUT_MS, signal))
  return data.slice(0, MAX_MODELS).map((model) => ({
    name: model.id,
    label: model.display_name ?? model.name ?? model.id,
    contextTokens:
      model.context_length ??
      model.max_model_len ??
      model.context_window ??
      model.max_context_length ??
      model.max_input_tokens ??
      model.meta?.n_ctx ??
      null,
  }))
}

const GoogleModels = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      displayName: z.string().optional(),
      inputTokenLimit: z.number().optional(),
      supportedGenerationMethods: z.array(z.string()).optional(),
    }),
  ),
})

async function listGoogle(url: string, apiKey: string, signal?: AbortSignal): Promise<RemoteModel[]> {
  const answer = await getJson(url, { 'x-goog-api-key': apiKey }, HOSTED_TIMEOUT_MS, signal)
  return readAnswer(GoogleModels, answer)
    .models.filter((model) => model.supportedGenerationMethods?.includes('generateContent') ?? true)
    .slice(0, MAX_MODELS)
    .map((model) => ({
      name: model.name.replace(/^models\//, ''),
      label: model.displayName ?? model.name,
      contextTokens: model.inputTokenLimit ?? null,
    }))
}

async function getJson(
  url: string,
  headers: Record<string, string>,
  timeoutMs: number,
  signal?: AbortSignal,
  body?: object,
): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const response = await fetch(url, {
    headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  })
  const text = await readBounded(response)
  if (!response.ok)
    throw new APICallError({
      message: response.statusText || 'The provider refused.',
      url,
      requestBodyValues: {},
      statusCode: response.status,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: text,
    })
  try {
    return JSON.parse(text)
  } catch {
    throw notAProvider()
  }
}

function readAnswer<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw notAProvider()
  return parsed.data
}

function notAProvider(): ModelError {
  return new ModelError('Unreachable', 'What listens at this address does not answer like a model provider.')
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_BODY_BYTES) throw new ModelError('Failed', 'The provider’s answer is too long.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
