import type { Line, PromptParts } from './prompt.ts'

/** What a very small model keeps apart. */
const BRIEF_LINES = 8

/**
 * What a very small model can follow: who it is in a few words, and only the voice that it answers and its own. Names
 * before lines, examples, and its own name called in a question are copied by it instead of understood.
 */
export function simplify(parts: PromptParts): { system: string; lines: Line[] } {
  const { definition: d, userName } = parts
  const name = d.nickname || d.name
  const sections = [
    `You are ${name}.`,
    d.system_prompt,
    d.description,
    d.personality,
    d.scenario,
    'Answer the user.',
  ]
  const lines = parts.lines
    .filter((line) => line.own || line.name === userName)
    .slice(-BRIEF_LINES)
    .map((line) => (line.own ? line : { ...line, text: withoutAddress(line.text, [d.name, d.nickname]) }))
  return { system: sections.filter((section) => section.trim() !== '').join('\n'), lines }
}

/** "Mira, do you like rain?" and "Do you like rain, Mira?" without the name; a text that is nothing else stays. */
function withoutAddress(text: string, names: readonly string[]): string {
  let rest = text
  for (const name of names) {
    if (name === '') continue
    const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    rest = rest
      .replace(new RegExp(`^\\s*@?${escaped}\\s*[,:，：]\\s*`, 'iu'), '')
      .replace(new RegExp(`\\s*[,，]\\s*@?${escaped}\\s*([.!?。！？]*)\\s*$`, 'iu'), '$1')
  }
  return rest.trim() === '' ? text : rest
}
