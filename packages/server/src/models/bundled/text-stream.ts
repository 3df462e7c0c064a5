import type { LlamaModel, Token } from 'node-llama-cpp'

/** Tokens that together are one character of UTF-8, at most. */
const MAX_PENDING_TOKENS = 8
/** Tokens before, so that the tokenizer knows whether a space is due. */
const LAST_TOKENS = 8

/**
 * Turns tokens into text: holds back half characters and what may be the beginning of a stop sequence.
 * `push` ends with true when a stop sequence came; it is not part of the text.
 */
export function createTextStream(
  model: Pick<LlamaModel, 'detokenize'>,
  stops: readonly string[],
  onText: (text: string) => void,
) {
  let pending: Token[] = []
  let last: Token[] = []
  let held = ''

  function emit(text: string): void {
    if (text !== '') onText(text)
  }

  function add(text: string): boolean {
    held += text
    const found = earliestStop(held, stops)
    if (found >= 0) {
      emit(held.slice(0, found))
      held = ''
      return true
    }
    const keep = heldBack(held, stops)
    emit(held.slice(0, held.length - keep))
    held = held.slice(held.length - keep)
    return false
  }

  return {
    push(token: Token): boolean {
      pending.push(token)
      const text = model.detokenize(pending, false, last)
      if (text.endsWith('\uFFFD') && pending.length < MAX_PENDING_TOKENS) return false
      last = [...last, ...pending].slice(-LAST_TOKENS)
      pending = []
      return add(text)
    },
    /** Lets go of what was held back. */
    end(): void {
      emit(held)
      held = ''
    },
  }
}

function earliestStop(text: string, stops: readonly string[]): number {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0)
  return places.length > 0 ? Math.min(...places) : -1
}

/** The length of the longest end of `text` with which a stop sequence begins. */
function heldBack(text: string, stops: readonly string[]): number {
  let keep = 0
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > keep; length--) {
      if (text.endsWith(stop.slice(0, length))) {
        keep = length
        break
      }
    }
  }
  return keep
}
