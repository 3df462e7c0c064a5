/** For a hosted model that neither its provider nor this table knows: small enough for all that are sold today. */
export const UNKNOWN_CONTEXT_TOKENS = 8_192

/**
 * Context windows by the beginning of the model's name (after any `vendor/`), as remembered, not checked against vendors.
 * The first match counts, so the longer name stands first. Where a vendor differs by plan or date: the smaller number.
 */
const WINDOWS: readonly (readonly [prefix: string, contextTokens: number])[] = [
  ['gpt-5', 272_000],
  ['gpt-4.1', 1_000_000],
  ['gpt-4o', 128_000],
  ['gpt-4-turbo', 128_000],
  ['gpt-4', 8_192],
  ['gpt-3.5', 16_385],
  ['gpt-oss', 128_000],
  ['o1-mini', 128_000],
  ['o1', 200_000],
  ['o3', 200_000],
  ['o4', 200_000],
  ['chatgpt-4o', 128_000],
  ['claude', 200_000],
  ['gemini', 1_000_000],
  ['gemma-3', 128_000],
  ['gemma', 8_192],
  ['deepseek', 64_000],
  ['qwen3', 128_000],
  ['qwen-max', 32_000],
  ['qwen', 32_000],
  ['glm-4', 128_000],
  ['kimi', 128_000],
  ['moonshot-v1-8k', 8_000],
  ['moonshot-v1-32k', 32_000],
  ['moonshot', 128_000],
  ['llama-3.1', 128_000],
  ['llama-3.2', 128_000],
  ['llama-3.3', 128_000],
  ['llama-4', 128_000],
  ['mistral-large', 128_000],
  ['mistral-small', 32_000],
  ['mistral', 32_000],
  ['mixtral', 32_000],
  ['grok', 128_000],
  ['command-r', 128_000],
]

/** The context window of a hosted model by its name, or null where the table does not know it. */
export function findContextWindow(modelName: string): number | null {
  const name = modelName.slice(modelName.lastIndexOf('/') + 1).toLowerCase()
  return WINDOWS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null
}
