import type { ProviderKind } from '@convive/protocol/models'

export interface Vendor {
  id: string
  name: string
  kind: ProviderKind
  base_url?: string
  /** A model to try first, where the vendor's list is long. */
  model?: string
  needs: 'key' | 'url' | 'file'
}

/** Where models come from, by the name that people know. Addresses from the vendors' own documents. */
export const VENDORS: Vendor[] = [
  {
    id: 'deepseek',
    name: 'DeepSeek',
    kind: 'openai-compatible',
    base_url: 'https://api.deepseek.com/v1',
    needs: 'key',
  },
  {
    id: 'openai',
    name: 'OpenAI',
    kind: 'openai-compatible',
    base_url: 'https://api.openai.com/v1',
    needs: 'key',
  },
  { id: 'anthropic', name: 'Anthropic (Claude)', kind: 'anthropic', needs: 'key' },
  { id: 'google', name: 'Google (Gemini)', kind: 'google', needs: 'key' },
  {
    id: 'qwen',
    name: 'Qwen 通义千问',
    kind: 'openai-compatible',
    base_url: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    needs: 'key',
  },
  {
    id: 'zhipu',
    name: 'Zhipu 智谱',
    kind: 'openai-compatible',
    base_url: 'https://open.bigmodel.cn/api/paas/v4',
    needs: 'key',
  },
  {
    id: 'moonshot',
    name: 'Moonshot 月之暗面',
    kind: 'openai-compatible',
    base_url: 'https://api.moonshot.cn/v1',
    needs: 'key',
  },
  {
    id: 'openrouter',
    name: 'OpenRouter',
    kind: 'openai-compatible',
    base_url: 'https://openrouter.ai/api/v1',
    needs: 'key',
  },
  { id: 'ollama', name: 'Ollama', kind: 'ollama', base_url: 'http://127.0.0.1:11434', needs: 'url' },
  {
    id: 'compatible',
    name: 'OpenAI-compatible (vLLM, llama.cpp…)',
    kind: 'openai-compatible',
    base_url: 'http://127.0.0.1:8000/v1',
    needs: 'url',
  },
  { id: 'gguf', name: 'GGUF', kind: 'gguf', needs: 'file' },
]
