/** An integer of 16 or more digits outside a string: JSON.parse would round it. */
const LONG_INTEGER = /[:[,\s]-?\d{16,}/

/** JSON.parse that keeps ids sent as bare integers, as strings (discord.py sends some so). Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, context?: { source?: string }) => {
    const source = context?.source
    return typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source)
      ? source
      : value
  })
}
