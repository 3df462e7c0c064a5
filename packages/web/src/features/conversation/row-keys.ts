import type { KeyboardEvent } from 'react'

/** Arrow keys go from message to message, as in Discord; the toolbar of the focused one is a Tab away. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
  const target = event.target as HTMLElement
  if (target.closest('textarea, input')) return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-message]')]
  const at = rows.findIndex((row) => row.contains(target))
  if (at < 0) return
  const next = rows[at + (event.key === 'ArrowDown' ? 1 : -1)]
  if (!next) return
  event.preventDefault()
  next.focus()
  next.scrollIntoView({ block: 'nearest' })
}
