export type MacroContext = {
  /** The card's nickname, or its name. */
  char: string
  /** The person's display name, or their persona's. */
  user: string
  /** From 0 up to 1, as Math.random; seeded, a prompt can be made again. */
  random: () => number
  /** What {{pick:…}} depends on besides its own text: the same seed picks the same. The channel's id, say. */
  pickSeed?: string
  /** More names to replace, lower case: `persona`, `original`, `date`. */
  values?: Readonly<Record<string, string>>
  /** When scanning for lorebook keys, {{hidden_key:…}} shows what it hides. */
  purpose?: 'prompt' | 'scan'
}

/** A stretch of a macro's content: as written, or put in by an inner macro and so never read as syntax. */
type Part = { text: string; literal: boolean }

const MAX_DEPTH = 16
/** Above this no more values are put in: names repeated by a hostile card stay macros. */
const MAX_INSERTED_CHARS = 1024 * 1024
const MAX_DICE = 100
const MAX_SIDES = 1_000_000_000
const TOKEN = /\{\{(?!\{)|\}\}|<(?:user|bot|char)>/gi
const CALL = /^\s*(random|pick|roll|reverse|hidden_key|comment)\s*::?/i

/**
 * Replaces a card's macros ({{char}}, {{user}}, {{random:A,B}}, {{pick:A,B}}, {{roll:d6}}, {{reverse:A}}, comments, and
 * the elder <BOT> and <USER>), inner ones first. What a macro gives is not read again, so the work is linear in the
 * text, and a name cannot smuggle a macro in. Unknown macros stay as they are.
 * https://github.com/kwaroran/character-card-spec-v3/blob/main/SPEC_V3.md#curly-braced-syntaxes
 */
export function expandMacros(text: string, context: MacroContext): string {
  const stack: Part[][] = [[]]
  const run = { context, picks: 0, insertedChars: 0 }
  let ignored = 0
  let position = 0
  const put = (value: string, literal: boolean) => append(stack.at(-1) ?? [], value, literal)
  for (const match of text.matchAll(TOKEN)) {
    const token = match[0]
    put(text.slice(position, match.index), true)
    position = match.index + token.length
    if (token === '{{') {
      // Deeper than any card means it: kept as text, together with its end.
      if (stack.length > MAX_DEPTH) {
        ignored++
        put(token, true)
      } else {
        stack.push([])
      }
    } else if (token !== '}}') {
      const value = token.toLowerCase() === '<user>' ? context.user : context.char
      put(...charge(run, value, token))
    } else if (ignored > 0 || stack.length === 1) {
      ignored = Math.max(0, ignored - 1)
      put(token, true)
    } else {
      const content = stack.pop() ?? []
      const source = `{{${join(content)}}}`
      const value = evaluate(content, run)
      if (value === null) put(source, false)
      else put(...charge(run, value, source))
    }
  }
  put(text.slice(position), true)
  return stack.map(join).join('{{')
}

type Run = { context: MacroContext; picks: number; insertedChars: number }

function charge(run: Run, value: string, source: string): [string, boolean] {
  run.insertedChars += value.length
  return run.insertedChars > MAX_INSERTED_CHARS ? [source, false] : [value, false]
}

function append(parts: Part[], text: string, literal: boolean): void {
  if (text !== '') parts.push({ text, literal })
}

function join(parts: Part[]): string {
  return parts.map((part) => part.text).join('')
}

/** What a macro with this content gives; null when it is none of ours. */
function evaluate(content: Part[], run: Run): string | null {
  const [first, ...others] = content
  if (first === undefined || !first.literal) return null
  if (first.text.trimStart().startsWith('//')) return ''
  if (others.length === 0) {
    const value = findValue(first.text.trim().toLowerCase(), run.context)
    if (value !== null) return value
  }
  const call = CALL.exec(first.text) ?? /^\s*(roll)\s+/i.exec(first.text)
  if (call === null) return null
  const rest = [{ text: first.text.slice(call[0].length), literal: true }, ...others]
  return evaluateCall(call[1]?.toLowerCase() ?? '', rest, call[0].endsWith('::'), run)
}

function findValue(name: string, { char, user, values }: MacroContext): string | null {
  if (name === 'char' || name === 'bot') return char
  if (name === 'user') return user
  return values !== undefined && Object.hasOwn(values, name) ? (values[name] ?? null) : null
}

function evaluateCall(name: string, rest: Part[], double: boolean, run: Run): string | null {
  const { context } = run
  switch (name) {
    case 'random':
      return choose(splitList(rest, double), context.random())
    case 'pick': {
      const options = splitList(rest, double)
      const seed = JSON.stringify([context.pickSeed ?? '', run.picks++, options])
      return choose(options, seededRandom(seed)())
    }
    case 'roll':
      return roll(join(rest).trim(), context.random)
    case 'reverse':
      return Array.from(join(rest)).reverse().join('')
    case 'hidden_key':
      return context.purpose === 'scan' ? join(rest) : ''
    default:
      return ''
  }
}

/** Splits at commas, `\,` being one of the text; or, SillyTavern's way, at `::` after a name that ends with it. */
function splitList(parts: Part[], double: boolean): string[] {
  const doubled = double && parts.some((part) => part.literal && part.text.includes('::'))
  const separator = doubled ? '::' : /(?<!\\),/
  const options = ['']
  for (const { text, literal } of parts) {
    const pieces = literal ? text.split(separator).map((piece) => piece.replaceAll('\\,', ',')) : [text]
    options[options.length - 1] += pieces[0] ?? ''
    for (const piece of pieces.slice(1)) options.push(piece)
  }
  return options.map((option) => option.trim())
}

function choose(options: string[], random: number): string {
  return options[Math.min(options.length - 1, Math.floor(random * options.length))] ?? ''
}

/** `6`, `d6` and `2d6`; null for anything else. */
function roll(dice: string, random: () => number): string | null {
  const match = /^(?:(\d{1,3})?d)?(\d{1,10})$/i.exec(dice)
  const count = Number(match?.[1] ?? 1)
  const sides = Number(match?.[2] ?? 0)
  if (count < 1 || count > MAX_DICE || sides < 1 || sides > MAX_SIDES) return null
  let sum = 0
  for (let die = 0; die < count; die++) sum += 1 + Math.min(sides - 1, Math.floor(random() * sides))
  return String(sum)
}

/** Repeatable random numbers from 0 up to 1 for a seed: FNV-1a into mulberry32. Not for secrets. */
export function seededRandom(seed: string): () => number {
  let state = 0x811c9dc5
  for (let index = 0; index < seed.length; index++) {
    state = Math.imul(state ^ seed.charCodeAt(index), 0x01000193)
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
