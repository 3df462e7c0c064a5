/** Whether two plain values hold the same. Shared parts are told apart by reference first, so that it stays cheap. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) =>
    sameContent((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  )
}
