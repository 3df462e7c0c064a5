import type { ChatMessage } from './stream.ts'

/**
 * Tokens per character where the tokenizer is not known. Each is above what o200k, cl100k, Claude's and Gemini's
 * tokenizers need for ordinary text, so that a prompt which fits the estimate fits the model:
 * English prose takes .22 to .26 a letter, code .3 to .4; Chinese .7 to 1.2 a character; Cyrillic, Arabic, Thai .3 to .8.
 */
const ASCII_TOKENS = 0.32
const DIGIT_TOKENS = 0.6
const CJK_TOKENS = 1.3
const OTHER_TOKENS = 0.8
/** An emoji or a rare character: two UTF-16 units, up to four bytes, each of which may be a token. */
const SURROGATE_TOKENS = 1.75
/** Role and separators of one message. */
export const MESSAGE_OVERHEAD_TOKENS = 6
/** Providers bill an image at 85 to 1,600 tokens. */
const IMAGE_TOKENS = 1_600

/** A conservative number of tokens of a text for a model whose tokenizer we do not have. */
export function estimateTokens(text: string): number {
  let tokens = 0
  for (let index = 0; index < text.length; index++) tokens += tokensOfUnit(text.charCodeAt(index))
  return Math.ceil(tokens)
}

/** The tokens of whole messages: each text counted by `count`, with what the template adds. */
export function messageTokens(
  messages: readonly ChatMessage[],
  counts: readonly number[],
  overheadTokens: number,
): number {
  const images = messages.reduce((sum, message) => sum + imagesOf(message), 0)
  const texts = counts.reduce((sum, count) => sum + count, 0)
  return texts + messages.length * overheadTokens + images * IMAGE_TOKENS
}

/** The text that a model is shown of a message. */
export function textOfMessage(message: ChatMessage): string {
  if (typeof message.content === 'string') return message.content
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function imagesOf(message: ChatMessage): number {
  return typeof message.content === 'string'
    ? 0
    : message.content.filter((part) => part.type === 'image').length
}

function tokensOfUnit(unit: number): number {
  if (unit < 0x80) return unit >= 0x30 && unit <= 0x39 ? DIGIT_TOKENS : ASCII_TOKENS
  if (unit >= 0xd800 && unit <= 0xdfff) return SURROGATE_TOKENS
  if (isCjk(unit)) return CJK_TOKENS
  return OTHER_TOKENS
}

/** Radicals to unified ideographs (with kana and punctuation), Hangul, compatibility and full-width forms. */
function isCjk(unit: number): boolean {
  return (
    (unit >= 0x2e80 && unit <= 0x9fff) ||
    (unit >= 0xac00 && unit <= 0xd7af) ||
    (unit >= 0xf900 && unit <= 0xfaff) ||
    (unit >= 0xff00 && unit <= 0xffef)
  )
}
