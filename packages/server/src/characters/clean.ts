/** Turns a model's stream into what its character says: without its own name in front, without lines for others. */
export interface Cleaner {
  /** What may be shown now of all that came so far. */
  push(delta: string): string
  /** What was held back and is text after all. */
  end(): string
  readonly text: string
  /** The model began to speak for somebody else, or said more than a message holds: it should be stopped. */
  readonly done: boolean
}

/** Chars of a name before a colon that are looked at. */
const PREFIX_CHARS = 80

/** `ownNames` are dropped from the beginning ("Ada: Hello"); a line that begins with one of `otherNames` ends the text. */
export function createCleaner(
  ownNames: readonly string[],
  otherNames: readonly string[],
  maxChars: number,
): Cleaner {
  const stops = otherNames.filter((name) => name !== '').map((name) => `\n${name}:`)
  const held = Math.max(0, ...stops.map((stop) => stop.length - 1))
  let raw = ''
  let begun = false
  let shown = ''
  let done = false

  const show = (most: number): string => {
    const visible = raw.slice(shown.length, most)
    shown += visible
    return visible
  }
  const begin = (final: boolean): boolean => {
    raw = raw.trimStart()
    const own = ownNames.find((name) => raw.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    if (own !== undefined) raw = raw.slice(own.length + 1).trimStart()
    const mayBecomeOne = ownNames.some((name) => `${name.toLowerCase()}:`.startsWith(raw.toLowerCase()))
    begun = final || (raw !== '' && (own !== undefined || raw.length > PREFIX_CHARS || !mayBecomeOne))
    return begun
  }
  return {
    push(delta) {
      if (done) return ''
      // What no column holds.
      raw += delta.replaceAll('\0', '')
      if (!begun && !begin(false)) return ''
      const stop = Math.min(
        ...stops.map((text) => raw.indexOf(text)).map((at) => (at < 0 ? Number.POSITIVE_INFINITY : at)),
        maxChars,
      )
      if (stop <= raw.length) {
        done = true
        raw = raw.slice(0, stop)
        return show(raw.length)
      }
      // A line break could be the beginning of somebody else's line.
      const lastBreak = held > 0 ? raw.indexOf('\n', Math.max(shown.length, raw.length - held)) : -1
      return show(lastBreak < 0 ? raw.length : lastBreak)
    },
    end() {
      if (!begun) begin(true)
      raw = raw.trimEnd()
      return show(raw.length)
    },
    get text() {
      return shown.trim().toWellFormed()
    },
    get done() {
      return done
    },
  }
}
