const ALLOWED: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:'])

/** The address if a link may lead there, else null: no scripts, no data, nothing of the page's own. */
export function safeUrl(url: string | null | undefined): string | null {
  if (!url) return null
  try {
    const parsed = new URL(url)
    return ALLOWED.has(parsed.protocol) ? parsed.href : null
  } catch {
    return null
  }
}
