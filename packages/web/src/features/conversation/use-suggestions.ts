import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import { getState } from '../../store/store.ts'
import type { Channel } from '../../wire.ts'
import { findTrigger, type Suggestion, suggest } from './autocomplete.ts'

export interface Naming {
  suggestions: Suggestion[]
  at: number
  /** What was picked, for turning names into marks: text to mark. */
  picked: ReadonlyMap<string, string>
  point: (index: number) => void
  pick: (suggestion: Suggestion) => void
  /** True if the key was for the list. */
  onKeyDown: (event: KeyboardEvent) => boolean
  onSelect: () => void
  clear: () => void
}

/** Completes `@` and `#` names at the caret of a text box. */
export function useSuggestions(
  channel: Channel,
  text: string,
  setText: (text: string) => void,
  box: RefObject<HTMLTextAreaElement | null>,
): Naming {
  const [caret, setCaret] = useState(0)
  const [at, setAt] = useState(0)
  const [closedAt, setClosedAt] = useState<number | null>(null)
  const picked = useRef(new Map<string, string>())
  const caretAfter = useRef<number | null>(null)
  const trigger = useMemo(() => findTrigger(text, caret), [text, caret])
  const suggestions = useMemo(
    () => (trigger && trigger.start !== closedAt ? suggest(getState(), channel, trigger) : []),
    [trigger, closedAt, channel],
  )
  const chosen = Math.min(at, Math.max(0, suggestions.length - 1))

  useEffect(() => {
    if (caretAfter.current === null) return
    box.current?.setSelectionRange(caretAfter.current, caretAfter.current)
    caretAfter.current = null
  })

  const pick = (suggestion: Suggestion) => {
    if (!trigger) return
    picked.current.set(suggestion.insert, suggestion.markup)
    const before = `${text.slice(0, trigger.start)}${suggestion.insert} `
    caretAfter.current = before.length
    setText(before + text.slice(caret).replace(/^ /, ''))
    setCaret(before.length)
    setAt(0)
    box.current?.focus()
  }

  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (suggestions.length === 0) return false
    const suggestion = suggestions[chosen]
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      setAt((chosen + (event.key === 'ArrowDown' ? 1 : -1) + suggestions.length) % suggestions.length)
    } else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && suggestion)
      pick(suggestion)
    else if (event.key === 'Escape') setClosedAt(trigger?.start ?? null)
    else return false
    event.preventDefault()
    return true
  }

  return {
    suggestions,
    at: chosen,
    picked: picked.current,
    point: setAt,
    pick,
    onKeyDown,
    onSelect: () => setCaret(box.current?.selectionStart ?? 0),
    clear: () => {
      picked.current.clear()
      setClosedAt(null)
      setCaret(0)
    },
  }
}
