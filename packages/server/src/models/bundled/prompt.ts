import { LRUCache } from 'lru-cache'
import { type ChatHistoryItem, type LlamaModel, resolveChatWrapper, type Token } from 'node-llama-cpp'
import type { ChatTurn } from './wire.ts'

/** Tokens of texts that come again with every prompt of a conversation. */
const MAX_CACHED_TEXTS = 4_096
const MAX_CACHED_TOKENS = 1_000_000
/** What an unknown template adds to a message, generously. */
const UNKNOWN_OVERHEAD_TOKENS = 12

/** Writes a conversation in the chat template of the model file. A person's text never becomes a control token. */
export function createPromptWriter(model: LlamaModel) {
  const cache = new LRUCache<string, Token[]>({
    max: MAX_CACHED_TEXTS,
    maxSize: MAX_CACHED_TOKENS,
    sizeCalculation: (tokens) => tokens.length + 1,
  })

  function tokensOf(text: string): Token[] {
    const known = cache.get(text)
    if (known) return known
    const tokens = model.tokenize(text, false)
    cache.set(text, tokens)
    return tokens
  }

  const template = model.fileInfo.metadata.tokenizer?.chat_template ?? ''
  const isChatMl = template.includes('<|im_start|>') && template.includes('<|im_end|>')
  const countTokens = (text: string): number => tokensOf(text).length

  if (!isChatMl) {
    const wrapper = resolveChatWrapper(model)
    return {
      countTokens,
      turnOverheadTokens: UNKNOWN_OVERHEAD_TOKENS,
      promptTokens(turns: readonly ChatTurn[]): Token[] {
        const chatHistory = [...turns.map(toHistoryItem), { type: 'model' as const, response: [] }]
        return wrapper.generateContextState({ chatHistory }).contextText.tokenize(model.tokenizer)
      },
    }
  }

  const start = model.tokenize('<|im_start|>', true)
  const end = [...model.tokenize('<|im_end|>', true), ...model.tokenize('\n', false)]
  const heads = {
    system: [...start, ...model.tokenize('system\n', false)],
    user: [...start, ...model.tokenize('user\n', false)],
    assistant: [...start, ...model.tokenize('assistant\n', false)],
  }
  return {
    countTokens,
    turnOverheadTokens: heads.assistant.length + end.length,
    promptTokens(turns: readonly ChatTurn[]): Token[] {
      const written = turns.flatMap((turn) => [...heads[turn.role], ...tokensOf(turn.text), ...end])
      return [...written, ...heads.assistant]
    },
  }
}

function toHistoryItem(turn: ChatTurn): ChatHistoryItem {
  if (turn.role === 'assistant') return { type: 'model', response: [turn.text] }
  return { type: turn.role, text: turn.text }
}
