import { z } from 'zod'

export const ProviderKind = z.enum(['openai-compatible', 'anthropic', 'google', 'ollama', 'gguf'])
export type ProviderKind = z.infer<typeof ProviderKind>

/** Body of `POST /providers`. The key is sealed at once and never shown again. `base_url` is a folder path for `gguf`: the file. */
export const CreateProvider = z.object({
  kind: ProviderKind,
  name: z.string().trim().min(1).max(80),
  base_url: z.string().max(1000).optional(),
  api_key: z.string().min(1).max(1000).optional(),
  /** Tested with this model; needed where the provider cannot list its models. */
  model: z.string().max(200).optional(),
})

export const SetDefaultModel = z.object({ model: z.string().min(1).max(200) })

/** A provider as the owner sees it: whether it has a key, never the key. */
export interface ProviderInfo {
  id: string
  kind: ProviderKind | 'bundled'
  name: string
  base_url: string | null
  has_key: boolean
  key_hint: string | null
  /** From the environment: shown, not editable here. */
  managed: boolean
}

export interface ModelInfo {
  /** `providerId/modelName` */
  id: string
  label: string
  provider_id: string
  context_tokens: number
  bundled: boolean
  english_only: boolean
}

/** `GET /models`: what can be chosen, and what would be better in one step. */
export interface ModelList {
  default_model: string
  models: ModelInfo[]
  /** An Ollama found on this machine that is not added yet. */
  ollama_found: { base_url: string; models: string[] } | null
  /** Where a provider did not answer. */
  unreachable: { provider_id: string; message: string }[]
}
