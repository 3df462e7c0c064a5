const KEY = 'convive.token'

let token: string | null = read()

function read(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    // Storage forbidden: the token lives as long as the page.
    return null
  }
}

/** The token of this browser's session, or null where nobody is signed in. */
export const currentToken = (): string | null => token

/** Keeps the token for the next visit; null forgets it. */
export function keepToken(next: string | null): void {
  token = next
  try {
    if (next) localStorage.setItem(KEY, next)
    else localStorage.removeItem(KEY)
  } catch {
    // As above.
  }
}
