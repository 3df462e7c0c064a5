import type { ComponentProps } from 'react'

/** A pane that scrolls by itself, and that the keyboard can reach to scroll it. */
export function ScrollPane({ label, ...rest }: ComponentProps<'section'> & { label: string }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
  return <section {...rest} aria-label={label} tabIndex={0} />
}
