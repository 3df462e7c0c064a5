import { LRUCache } from 'lru-cache'
import { findContextWindow, UNKNOWN_CONTEXT_TOKENS } from './context-windows.ts'
import { findOllamaContext, listRemoteModels, type RemoteModel } from './discovery.ts'
import { describeFailure } from './errors.ts'
import { LOCAL_FILE_CONTEXT_TOKENS } from './local-files.ts'
import { MAX_PROVIDERS } from './provider-store.ts'
import type { Provider } from './providers.ts'

const LISTING_TTL_MS = 60_000
const FAILED_LISTING_TTL_MS = 10_000
const MAX_LISTINGS = MAX_PROVIDERS + 10
const CONTEXT_TTL_MS = 10 * 60_000
const MAX_CONTEXTS = 1_000

/** What a provider answered when asked for its models, or why it did not. */
export type Listing = { ok: true; models: RemoteModel[] } | { ok: false; message: string }

export interface Listings {
  /** Many callers share one question; the answer is kept for a minute, a failure for ten seconds. */
  listModels(provider: Provider): Promise<Listing>
  /** The owner's word, then Ollama's, then our table's, then the provider's list, then 8,192. */
  contextTokensOf(provider: Provider, name: string): Promise<number>
  clear(): void
}

/** What providers say of themselves, kept for a while and in bounds. */
export function createListings(): Listings {
  const lists = new LRUCache<string, Promise<Listing>>({ max: MAX_LISTINGS, ttl: LISTING_TTL_MS })
  const contexts = new LRUCache<string, number>({ max: MAX_CONTEXTS, ttl: CONTEXT_TTL_MS })

  function listModels(provider: Provider): Promise<Listing> {
    const key = `${provider.id} ${provider.baseUrl}`
    const known = lists.get(key)
    if (known) return known
    const listed = listRemoteModels(provider).then(
      (models): Listing => ({ ok: true, models }),
      (error): Listing => {
        lists.set(key, listed, { ttl: FAILED_LISTING_TTL_MS })
        return { ok: false, message: describeFailure(error).message }
      },
    )
    lists.set(key, listed)
    return listed
  }

  async function ask(provider: Provider, name: string): Promise<number | null> {
    if (provider.kind === 'ollama') return findOllamaContext(provider, name)
    const known = findContextWindow(name)
    if (known) return known
    const list = await listModels(provider)
    return (list.ok && list.models.find((model) => model.name === name)?.contextTokens) || null
  }

  return {
    listModels,
    async contextTokensOf(provider, name) {
      if (provider.options.contextTokens) return provider.options.contextTokens
      if (provider.kind === 'gguf') return LOCAL_FILE_CONTEXT_TOKENS
      const key = `${provider.id}/${name}`
      const known = contexts.get(key)
      if (known) return known
      const found = await ask(provider, name)
      if (found) contexts.set(key, found)
      return found ?? UNKNOWN_CONTEXT_TOKENS
    },
    clear() {
      lists.clear()
      contexts.clear()
    },
  }
}
