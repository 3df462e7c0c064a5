import type { KeyboardEvent } from 'react'

/** Whether the key belongs to an input method (Chinese, Japanese…): Enter then picks a word and sends nothing. Safari reports the last one as key code 229. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.nativeEvent.isComposing || event.keyCode === 229
}
