import { fileURLToPath } from 'node:url'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import type { ModelList, ProviderInfo, ProviderKind } from '@convive/protocol/models'
import type { Queryable } from '../storage/database.ts'
import type { Secrets } from '../storage/secrets.ts'
import { BUNDLED_CHAT_NAME, BUNDLED_PROVIDER_ID, findBundledModels } from './bundled/bundled-models.ts'
import type { Embedder } from './bundled/embedding-model.ts'
import {
  createCatalog,
  findProvider,
  findSetDefault,
  invalidateCatalog,
  listModelInfos,
  listProviderInfos,
  toProviderInfo,
} from './catalog.ts'
import { describeFailure, type Failure, ModelError } from './errors.ts'
import { createLocalFiles, modelNameOfFile, requireModelFile } from './local-files.ts'
import type { ModelPrices } from './metering.ts'
import { deleteProvider, insertProvider, saveDefaultModel } from './provider-store.ts'
import { type ProviderTest, testHostedProvider, testModel } from './provider-test.ts'
import type { Provider, ProviderOptions } from './providers.ts'
import { createFileModel, findDefaultId, modelExists, resolveModel, type Sources } from './resolve.ts'
import type { ChatMessage } from './stream.ts'

/** What the environment says of models; the same shape as `config.models`. */
export interface ModelsConfig {
  bundled: boolean
  defaultModel: string | null
  ollamaUrl: string
  openai: { baseUrl: string; apiKey: string | null; model: string | null } | null
  anthropicApiKey: string | null
  googleApiKey: string | null
}

export interface ModelsDeps {
  config: { models: ModelsConfig }
  db: Queryable
  secrets: Pick<Secrets, 'seal' | 'open'>
  /** Called after a provider or the default changed here, to tell the other nodes; they call `invalidate`. */
  changed?: () => void
  /** Where the bundled files are. */
  modelsDir?: string
  /** Models handed in by code, by id (`mock/echo`): for tests, and for those who embed the server. The first is the default. */
  given?: ReadonlyMap<string, LanguageModelV4>
}

/** A model ready to be called, with what a prompt's author must know of it. */
export interface ResolvedModel {
  id: string
  label: string
  provider: { id: string; name: string; kind: ProviderKind | 'bundled' }
  model: LanguageModelV4
  /** Prompt and answer together. */
  contextTokens: number
  /** Exact for models that run here, else a conservative estimate. Of messages: with what the chat template adds. */
  countTokens(input: string | readonly ChatMessage[]): Promise<number>
  /** The same for many texts in one go. */
  countEach(texts: readonly string[]): Promise<number[]>
  bundled: boolean
  englishOnly: boolean
  /** Null: unknown. */
  prices: ModelPrices | null
}

export interface NewProvider {
  kind: ProviderKind
  name: string
  /** For gguf the path of the file. */
  baseUrl: string | null
  apiKey: string | null
  options?: ProviderOptions
}

export interface Models {
  listProviders(): Promise<ProviderInfo[]>
  /** All that can be chosen. Providers that do not answer in time are named, not waited for. */
  listModels(): Promise<ModelList>
  /** Tests with one real call and keeps the provider only if that went well. */
  addProvider(
    input: NewProvider,
    signal?: AbortSignal,
  ): Promise<{ ok: true; provider: ProviderInfo } | ({ ok: false } & Failure)>
  /** The same test for a provider that is kept, with a model of one's choice. */
  testProvider(id: string, modelName?: string, signal?: AbortSignal): Promise<ProviderTest>
  /** Ends with whether it was there. A default that came from it is taken back. */
  removeProvider(id: string): Promise<boolean>
  getDefaultModel(): Promise<string>
  /** Throws ModelError UnknownModel if there is no such provider; null goes back to what the environment or we choose. */
  setDefaultModel(modelId: string | null): Promise<void>
  /** Whether the id names a provider that is there; asks no provider, so it is fit for every reply. */
  has(modelId: string): Promise<boolean>
  /** Null: the instance's default. Throws ModelError UnknownModel if its provider is gone. Sends nothing to hosted models. */
  resolve(modelId: string | null): Promise<ResolvedModel>
  /** Null where the bundled models are switched off or missing. */
  readonly embedder: Embedder | null
  /** Loads the bundled chat model before anyone asks. */
  warm(): Promise<void>
  /** Another node changed something. */
  invalidate(): void
  close(): Promise<void>
}

const MODELS_DIR = fileURLToPath(new URL('../../../../models/', import.meta.url))
/** The file is loaded first. */
const FILE_TEST_TIMEOUT_MS = 180_000

/** The instance's models: bundled, from the environment, and those that its owner added. */
export function createModels(deps: ModelsDeps): Models {
  const bundled = deps.config.models.bundled ? findBundledModels(deps.modelsDir ?? MODELS_DIR) : null
  const catalog = createCatalog(deps, bundled)
  const files = createLocalFiles()
  const sources = { catalog, files }

  function changed(): void {
    invalidateCatalog(catalog)
    deps.changed?.()
  }

  return {
    listProviders: () => listProviderInfos(catalog),
    async listModels() {
      const [defaultModel, list] = await Promise.all([findDefaultId(catalog), listModelInfos(catalog)])
      return { default_model: defaultModel ?? '', ...list }
    },
    async addProvider(input, signal) {
      const candidate: Provider = { id: '0', managed: false, ...input, options: input.options ?? {} }
      const tested = await testProvider(sources, candidate, null, signal)
      if (!tested.ok) return tested
      const provider = await insertProvider(deps.db, deps.secrets, candidate)
      changed()
      return { ok: true, provider: toProviderInfo(provider) }
    },
    async testProvider(id, modelName, signal) {
      if (id === BUNDLED_PROVIDER_ID && bundled)
        return testModel(bundled.chat, BUNDLED_CHAT_NAME, FILE_TEST_TIMEOUT_MS, signal)
      const provider = await findProvider(catalog, id)
      if (!provider) return { ok: false, failure: 'UnknownModel', message: 'There is no such provider.' }
      return testProvider(sources, provider, modelName ?? null, signal)
    },
    async removeProvider(id) {
      const provider = await findProvider(catalog, id)
      if (!(await deleteProvider(deps.db, id))) return false
      if ((await findSetDefault(catalog))?.startsWith(`${id}/`)) await saveDefaultModel(deps.db, null)
      if (provider?.kind === 'gguf' && provider.baseUrl) await files.forget(provider.baseUrl)
      changed()
      return true
    },
    getDefaultModel: async () => (await findDefaultId(catalog)) ?? '',
    async setDefaultModel(modelId) {
      if (modelId !== null && !(await modelExists(catalog, modelId)))
        throw new ModelError('UnknownModel', 'There is no such model.')
      await saveDefaultModel(deps.db, modelId)
      changed()
    },
    has: (modelId) => modelExists(catalog, modelId),
    resolve: (modelId) => resolveModel(sources, modelId),
    embedder: bundled?.embedder ?? null,
    async warm() {
      await bundled?.runner.ready()
    },
    invalidate: () => invalidateCatalog(catalog),
    async close() {
      await Promise.all([bundled?.stop(), files.close()])
    },
  }
}

async function testProvider(
  { files }: Sources,
  provider: Provider,
  modelName: string | null,
  signal?: AbortSignal,
): Promise<ProviderTest> {
  if (provider.kind !== 'gguf') return testHostedProvider(provider, modelName, signal)
  try {
    const path = provider.baseUrl ?? ''
    await requireModelFile(path)
    const name = modelNameOfFile(path)
    return await testModel(createFileModel(files, provider, name), name, FILE_TEST_TIMEOUT_MS, signal)
  } catch (error) {
    return { ok: false, ...describeFailure(error) }
  }
}
