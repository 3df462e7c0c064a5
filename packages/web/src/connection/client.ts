import { createRest, type Rest } from './rest.ts'
import { currentToken } from './token.ts'

const unauthorized = new Set<() => void>()

/** Hears when the server stops knowing our token. */
export function onUnauthorized(listener: () => void): void {
  unauthorized.add(listener)
}

/** The page's one REST client. */
export const rest: Rest = createRest({
  fetch: (input, init) => fetch(input, init),
  token: currentToken,
  onUnauthorized: () => {
    for (const listener of unauthorized) listener()
  },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
})
