import type { ModelList } from '@convive/protocol/models'
import { useQueryClient } from '@tanstack/react-query'
import { createProvider, listModels, setDefaultModel } from '../../connection/convive.ts'

type Found = NonNullable<ModelList['ollama_found']>

/** Takes an Ollama that was found on the machine: adds it and makes its first model the default. */
export function useFoundOllama(): (found: Found) => Promise<void> {
  const queries = useQueryClient()
  return async (found) => {
    const provider = await createProvider({
      kind: 'ollama',
      name: 'Ollama',
      base_url: found.base_url,
      ...(found.models[0] && { model: found.models[0] }),
    })
    await makeDefault(provider.id)
    await queries.invalidateQueries({ queryKey: ['models'] })
  }
}

/** Makes a new provider's first model the default of the instance. */
export async function makeDefault(providerId: string): Promise<void> {
  const { models } = await listModels()
  const first = models.find((model) => model.provider_id === providerId)
  if (first) await setDefaultModel(first.id)
}
