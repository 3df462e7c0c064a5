import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { ModelInfo, ModelList, ProviderInfo } from '@convive/protocol/models'
import { BUNDLED_CHAT_NAME, BUNDLED_PROVIDER_ID, type BundledModels } from './bundled/bundled-models.ts'
import { findContextWindow, UNKNOWN_CONTEXT_TOKENS } from './context-windows.ts'
import type { RemoteModel } from './discovery.ts'
import { createListings, type Listings } from './listings.ts'
import { LOCAL_FILE_CONTEXT_TOKENS, modelNameOfFile } from './local-files.ts'
import { findDefaultModel, listStoredProviders } from './provider-store.ts'
import { baseUrlOf, type Provider } from './providers.ts'
import type { ModelsConfig, ModelsDeps } from './registry.ts'

/** What another node changed is seen here after this long even if its word of it was lost. */
const STORED_TTL_MS = 5_000
const KEY_HINT_CHARS = 4

interface Stored {
  providers: Provider[]
  /** As the owner set it. */
  defaultModel: string | null
}

/** Which providers there are: from code, environment and database. Read often, so cached. */
export interface Catalog {
  readonly deps: ModelsDeps
  readonly bundled: BundledModels | null
  readonly listings: Listings
  readonly managed: readonly Provider[]
  /** The Ollama of this machine: can be called as `ollama/<model>` whether or not anyone added it. */
  readonly ollama: Provider
  stored: { at: number; value: Promise<Stored> } | null
}

export function createCatalog(deps: ModelsDeps, bundled: BundledModels | null): Catalog {
  const managed = readManaged(deps.config.models)
  return {
    deps,
    bundled,
    listings: createListings(),
    managed,
    ollama: ollamaOf(deps.config.models),
    stored: null,
  }
}

/** Forgets what was read: this node or another changed it. */
export function invalidateCatalog(catalog: Catalog): void {
  catalog.stored = null
  catalog.listings.clear()
}

/** The default that the owner set, or null. */
export async function findSetDefault(catalog: Catalog): Promise<string | null> {
  return (await readStored(catalog)).defaultModel
}

/** A provider by its id, wherever it comes from. The bundled one is none. */
export async function findProvider(catalog: Catalog, id: string): Promise<Provider | undefined> {
  if (id === catalog.ollama.id) return catalog.ollama
  return (await listAll(catalog)).find((provider) => provider.id === id)
}

/** Models that code handed in. */
export function givenModels(catalog: Catalog): ReadonlyMap<string, LanguageModelV4> {
  return catalog.deps.given ?? new Map()
}

/** All providers as their owner may see them. */
export async function listProviderInfos(catalog: Catalog): Promise<ProviderInfo[]> {
  const infos = (await listAll(catalog)).map(toProviderInfo)
  return catalog.bundled ? [BUNDLED_PROVIDER, ...infos] : infos
}

/** All models of all providers; those that do not answer are named. */
export async function listModelInfos(catalog: Catalog): Promise<Omit<ModelList, 'default_model'>> {
  const providers = await listAll(catalog)
  const hosted = providers.filter((provider) => provider.kind !== 'gguf')
  const files = providers.filter((provider) => provider.kind === 'gguf')
  const [lists, ollamaFound] = await Promise.all([
    Promise.all(hosted.map((provider) => listHosted(catalog.listings, provider))),
    findOllama(catalog, providers),
  ])
  return {
    models: [
      ...(catalog.bundled ? [bundledInfo(catalog.bundled)] : []),
      ...files.map(fileInfo),
      ...lists.flatMap((list) => list.models),
    ],
    ollama_found: ollamaFound,
    unreachable: lists.flatMap((list) => list.unreachable),
  }
}

/** A provider as its owner may see it: never the key. */
export function toProviderInfo(provider: Provider): ProviderInfo {
  return {
    id: provider.id,
    kind: provider.kind,
    name: provider.name,
    base_url: provider.baseUrl,
    has_key: provider.apiKey !== null,
    key_hint: provider.apiKey ? provider.apiKey.slice(-KEY_HINT_CHARS) : null,
    managed: provider.managed,
  }
}

function readStored(catalog: Catalog): Promise<Stored> {
  const known = catalog.stored
  if (known && performance.now() - known.at < STORED_TTL_MS) return known.value
  const value = loadStored(catalog.deps)
  const entry = { at: performance.now(), value }
  catalog.stored = entry
  value.catch(() => {
    if (catalog.stored === entry) catalog.stored = null
  })
  return value
}

async function loadStored({ db, secrets }: ModelsDeps): Promise<Stored> {
  const [providers, defaultModel] = await Promise.all([
    listStoredProviders(db, secrets),
    findDefaultModel(db),
  ])
  return { providers, defaultModel }
}

async function listAll(catalog: Catalog): Promise<Provider[]> {
  const { providers, defaultModel } = await readStored(catalog)
  const defaults = [defaultModel, catalog.deps.config.models.defaultModel]
  const usesOllama = defaults.some((id) => id?.startsWith(`${catalog.ollama.id}/`))
  return [...catalog.managed, ...(usesOllama ? [catalog.ollama] : []), ...providers]
}

async function listHosted(listings: Listings, provider: Provider) {
  const list = await listings.listModels(provider)
  const named = provider.options.model
  const remote: RemoteModel[] = list.ok ? list.models : []
  const isMissing = named !== undefined && !remote.some((model) => model.name === named)
  const all = isMissing ? [{ name: named, label: named, contextTokens: null }, ...remote] : remote
  const models = all.map((model) => hostedInfo(provider, model))
  // Many endpoints cannot list, and need not where the owner named the model.
  const unreachable = list.ok || named ? [] : [{ provider_id: provider.id, message: list.message }]
  return { models, unreachable }
}

async function findOllama(catalog: Catalog, added: readonly Provider[]): Promise<ModelList['ollama_found']> {
  const baseUrl = baseUrlOf(catalog.ollama)
  if (added.some((provider) => provider.kind === 'ollama' && baseUrlOf(provider) === baseUrl)) return null
  const list = await catalog.listings.listModels(catalog.ollama)
  if (!list.ok || list.models.length === 0) return null
  return { base_url: baseUrl, models: list.models.map((model) => model.name) }
}

const BUNDLED_PROVIDER: ProviderInfo = {
  id: BUNDLED_PROVIDER_ID,
  kind: 'bundled',
  name: 'Bundled',
  base_url: null,
  has_key: false,
  key_hint: null,
  managed: true,
}

function bundledInfo(bundled: BundledModels): ModelInfo {
  return {
    id: `${BUNDLED_PROVIDER_ID}/${BUNDLED_CHAT_NAME}`,
    label: bundled.label,
    provider_id: BUNDLED_PROVIDER_ID,
    context_tokens: bundled.contextTokens,
    bundled: true,
    english_only: true,
  }
}

function fileInfo(provider: Provider): ModelInfo {
  const name = modelNameOfFile(provider.baseUrl ?? '')
  return infoOf(provider, name, name, provider.options.contextTokens ?? LOCAL_FILE_CONTEXT_TOKENS)
}

function hostedInfo(provider: Provider, model: RemoteModel): ModelInfo {
  const known = provider.options.contextTokens ?? findContextWindow(model.name) ?? model.contextTokens
  return infoOf(provider, model.name, model.label, known ?? UNKNOWN_CONTEXT_TOKENS)
}

function infoOf(provider: Provider, name: string, label: string, contextTokens: number): ModelInfo {
  return {
    id: `${provider.id}/${name}`,
    label,
    provider_id: provider.id,
    context_tokens: contextTokens,
    bundled: false,
    english_only: false,
  }
}

function readManaged(config: ModelsConfig): Provider[] {
  const providers: Provider[] = []
  const common = { baseUrl: null, options: {}, managed: true }
  if (config.openai) {
    const { baseUrl, apiKey, model } = config.openai
    const options = model ? { model } : {}
    const name = new URL(baseUrl).hostname
    providers.push({ ...common, id: 'openai', kind: 'openai-compatible', name, baseUrl, apiKey, options })
  }
  if (config.anthropicApiKey)
    providers.push({
      ...common,
      id: 'anthropic',
      kind: 'anthropic',
      name: 'Anthropic',
      apiKey: config.anthropicApiKey,
    })
  if (config.googleApiKey)
    providers.push({ ...common, id: 'google', kind: 'google', name: 'Google', apiKey: config.googleApiKey })
  return providers
}

function ollamaOf(config: ModelsConfig): Provider {
  const common = { apiKey: null, options: {}, managed: true }
  return { ...common, id: 'ollama', kind: 'ollama', name: 'Ollama', baseUrl: config.ollamaUrl }
}
