import type { LanguageModelV4 } from '@ai-sdk/provider'
import { BUNDLED_CHAT_NAME, BUNDLED_PROVIDER_ID, type BundledModels } from './bundled/bundled-models.ts'
import type { ChatRunner } from './bundled/chat-runner.ts'
import { createLlamaLanguageModel } from './bundled/language-model.ts'
import { type Catalog, findProvider, findSetDefault, givenModels } from './catalog.ts'
import { UNKNOWN_CONTEXT_TOKENS } from './context-windows.ts'
import { ModelError } from './errors.ts'
import { type LocalFiles, modelNameOfFile } from './local-files.ts'
import { LOCAL_PRICES } from './metering.ts'
import { createHostedModel, type Provider } from './providers.ts'
import type { ResolvedModel } from './registry.ts'
import type { ChatMessage } from './stream.ts'
import { estimateTokens, MESSAGE_OVERHEAD_TOKENS, messageTokens, textOfMessage } from './token-estimate.ts'

const BUNDLED_ID = `${BUNDLED_PROVIDER_ID}/${BUNDLED_CHAT_NAME}`

/** Where a resolver looks. */
export interface Sources {
  readonly catalog: Catalog
  readonly files: LocalFiles
}

/** A model that can be called; null asks for the default. Throws ModelError UnknownModel. */
export async function resolveModel(sources: Sources, modelId: string | null): Promise<ResolvedModel> {
  const id = modelId ?? (await findDefaultId(sources.catalog))
  const found = id === null ? null : await find(sources, id)
  if (!found) throw new ModelError('UnknownModel', id ? `There is no model ${id}.` : 'No model is set up.')
  return found
}

/** The first default whose provider is there: the owner's, the environment's, the one from code, the bundled one. */
export async function findDefaultId(catalog: Catalog): Promise<string | null> {
  const { defaultModel, openai } = catalog.deps.config.models
  const [firstGiven] = givenModels(catalog).keys()
  const named = openai?.model ? `openai/${openai.model}` : null
  const candidates = [await findSetDefault(catalog), defaultModel, named, firstGiven, BUNDLED_ID]
  for (const id of candidates) if (id && (await modelExists(catalog, id))) return id
  return null
}

/** Whether the id names a provider that is there; hosted providers are not asked for the model. */
export async function modelExists(catalog: Catalog, modelId: string): Promise<boolean> {
  if (givenModels(catalog).has(modelId)) return true
  if (modelId === BUNDLED_ID) return catalog.bundled !== null
  const { providerId, name } = splitModelId(modelId)
  return name !== '' && (await findProvider(catalog, providerId)) !== undefined
}

/** The model of a file, as the AI SDK's language model. */
export function createFileModel(files: LocalFiles, provider: Provider, name: string): LanguageModelV4 {
  return createLlamaLanguageModel(provider.id, name, files.runnerFor(provider.baseUrl ?? ''))
}

async function find(sources: Sources, modelId: string): Promise<ResolvedModel | null> {
  const { catalog, files } = sources
  const given = givenModels(catalog).get(modelId)
  if (given) return resolveGiven(modelId, given)
  if (modelId === BUNDLED_ID) return catalog.bundled && resolveBundled(catalog.bundled)
  const { providerId, name } = splitModelId(modelId)
  const provider = name ? await findProvider(catalog, providerId) : undefined
  if (!provider) return null
  return provider.kind === 'gguf'
    ? resolveFile(files, provider, name)
    : resolveHosted(catalog, provider, name)
}

async function resolveHosted(catalog: Catalog, provider: Provider, name: string): Promise<ResolvedModel> {
  return {
    ...describe(provider, name),
    model: createHostedModel(provider, name),
    contextTokens: await catalog.listings.contextTokensOf(provider, name),
    ...estimatedCounts,
    prices: provider.kind === 'ollama' ? LOCAL_PRICES : (provider.options.prices?.[name] ?? null),
  }
}

async function resolveFile(
  files: LocalFiles,
  provider: Provider,
  name: string,
): Promise<ResolvedModel | null> {
  const path = provider.baseUrl ?? ''
  if (name !== modelNameOfFile(path)) return null
  // Only the loaded file says how long its context is; it is about to be used in any case.
  const { contextTokens } = await files.runnerFor(path).ready()
  return {
    ...describe(provider, name),
    model: createFileModel(files, provider, name),
    contextTokens: Math.min(contextTokens, provider.options.contextTokens ?? contextTokens),
    ...exactCounts(() => files.runnerFor(path)),
    prices: LOCAL_PRICES,
  }
}

function splitModelId(modelId: string): { providerId: string; name: string } {
  const slash = modelId.indexOf('/')
  // Names of models may hold slashes themselves; ids of providers may not.
  return slash < 0
    ? { providerId: modelId, name: '' }
    : { providerId: modelId.slice(0, slash), name: modelId.slice(slash + 1) }
}

function describe(provider: Provider, name: string) {
  return {
    id: `${provider.id}/${name}`,
    label: name,
    provider: { id: provider.id, name: provider.name, kind: provider.kind },
    bundled: false,
    englishOnly: false,
  }
}

function resolveGiven(id: string, model: LanguageModelV4): ResolvedModel {
  const { providerId, name } = splitModelId(id)
  return {
    id,
    label: name,
    provider: { id: providerId, name: providerId, kind: 'openai-compatible' },
    model,
    contextTokens: UNKNOWN_CONTEXT_TOKENS,
    ...estimatedCounts,
    bundled: false,
    englishOnly: false,
    prices: null,
  }
}

function resolveBundled(bundled: BundledModels): ResolvedModel {
  return {
    id: BUNDLED_ID,
    label: bundled.label,
    provider: { id: BUNDLED_PROVIDER_ID, name: 'Bundled', kind: 'bundled' },
    model: bundled.chat,
    contextTokens: bundled.contextTokens,
    ...exactCounts(() => bundled.runner),
    bundled: true,
    englishOnly: true,
    prices: LOCAL_PRICES,
  }
}

type Counts = Pick<ResolvedModel, 'countTokens' | 'countEach'>

const estimatedCounts: Counts = {
  countEach: async (texts) => texts.map(estimateTokens),
  async countTokens(input) {
    if (typeof input === 'string') return estimateTokens(input)
    return messageTokens(
      input,
      input.map((message) => estimateTokens(textOfMessage(message))),
      MESSAGE_OVERHEAD_TOKENS,
    )
  },
}

function exactCounts(runner: () => ChatRunner): Counts {
  return {
    countEach: (texts) => runner().countTokens(texts),
    async countTokens(input: string | readonly ChatMessage[]) {
      const texts = typeof input === 'string' ? [input] : input.map(textOfMessage)
      const counts = await runner().countTokens(texts)
      if (typeof input === 'string') return counts[0] ?? 0
      const { turnOverheadTokens } = await runner().ready()
      // One more: the head of the answer.
      return messageTokens(input, counts, turnOverheadTokens) + turnOverheadTokens
    },
  }
}
