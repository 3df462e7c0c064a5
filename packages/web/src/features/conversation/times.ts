import { currentLanguage } from '../../i18n/i18n.ts'

const DAY_MS = 86_400_000

function format(timeMs: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(currentLanguage(), options).format(timeMs)
}

/** `14:05`, as the language writes it. */
export const clockText = (timeMs: number): string => format(timeMs, { hour: '2-digit', minute: '2-digit' })

/** The whole moment, for a tooltip. */
export const fullText = (timeMs: number): string => format(timeMs, { dateStyle: 'full', timeStyle: 'short' })

/** A day, for the line between two. */
export const dayText = (timeMs: number): string => format(timeMs, { dateStyle: 'long' })

/** When a message was written: the clock today, the date and clock before. */
export function messageTimeText(timeMs: number, now = Date.now()): string {
  const sameDay = new Date(timeMs).toDateString() === new Date(now).toDateString()
  return sameDay ? clockText(timeMs) : format(timeMs, { dateStyle: 'short', timeStyle: 'short' })
}

/** How long ago, in the largest unit that fits. */
export function agoText(timeMs: number, now = Date.now()): string {
  const relative = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: 'auto' })
  const ago = timeMs - now
  if (Math.abs(ago) < 3_600_000) return relative.format(Math.round(ago / 60_000), 'minute')
  if (Math.abs(ago) < DAY_MS) return relative.format(Math.round(ago / 3_600_000), 'hour')
  return relative.format(Math.round(ago / DAY_MS), 'day')
}
