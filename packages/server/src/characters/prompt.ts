import type { CharacterDefinition } from '@convive/protocol/characters'
import type { ResolvedModel } from '../models/registry.ts'
import type { ChatMessage } from '../models/stream.ts'
import { simplify } from './brief-prompt.ts'
import { expandMacros, seededRandom } from './cards/macros.ts'

/** One thing said, as the character may know it. */
export interface Line {
  /** Whether the character itself said it. */
  own: boolean
  name: string
  text: string
}

export interface PromptParts {
  definition: CharacterDefinition
  /** Whom the character answers: `{{user}}` of its card. */
  userName: string
  /** Others in the room, by name. */
  presentNames: readonly string[]
  /** What was said, the oldest first. */
  lines: readonly Line[]
  /** Decides what `{{random}}` gives, so that one prompt can be made again. */
  seed: string
}

/** Messages of a room that a prompt looks at; the model's window cuts them further. */
export const PROMPT_LINES = 80
const DEFAULT_OUTPUT_TOKENS = 400
/** Beyond this a room's name list tells a model nothing. */
const PRESENT_NAMES = 12
/** Part of the window that a definition may fill; what is longer is cut at the end, and the conversation keeps the rest. */
const DEFINITION_SHARE = 0.6
const AFTER_SHARE = 0.15

export interface Prompt {
  messages: ChatMessage[]
  maxOutputTokens: number
}

/**
 * A character's prompt for one answer: who it is (stable, first, so that providers' caches hit), then as much of the
 * conversation as fits the model's window, counted in that model's tokens, the newest kept.
 */
export async function composePrompt(model: ResolvedModel, parts: PromptParts): Promise<Prompt> {
  const { definition } = parts
  const maxOutputTokens = Math.min(
    definition.max_output_tokens ?? DEFAULT_OUTPUT_TOKENS,
    Math.floor(model.contextTokens / 4),
  )
  const budget = model.contextTokens - maxOutputTokens
  const brief = model.bundled ? simplify(parts) : null
  const system = await cutTokens(
    model,
    brief ? expand(brief.system, parts) : systemText(parts),
    Math.floor(budget * DEFINITION_SHARE),
  )
  const after = await cutTokens(
    model,
    expand(definition.post_history_instructions, parts),
    Math.floor(budget * AFTER_SHARE),
  )
  const frame: ChatMessage[] = [{ role: 'system', content: system }]
  const closing: ChatMessage[] = after ? [{ role: 'system', content: after }] : []
  const left = budget - (await model.countTokens([...frame, ...closing]))
  const kept = await keepNewest(model, toTurns(brief?.lines ?? parts.lines), left)
  return { messages: [...frame, ...kept, ...closing], maxOutputTokens }
}

/** Texts that end a character's turn: another's name at the beginning of a line. */
export function stopSequences(parts: Pick<PromptParts, 'presentNames' | 'userName'>): string[] {
  return [...new Set([parts.userName, ...parts.presentNames])].slice(0, 4).map((name) => `\n${name}:`)
}

function systemText(parts: PromptParts): string {
  const { definition: d } = parts
  const name = d.nickname || d.name
  const opening =
    d.system_prompt ||
    `You are ${name}, talking in a chat room. Stay in character and reply as ${name} only, briefly and naturally.`
  const sections = [
    opening,
    d.description,
    labelled('Personality', d.personality),
    labelled('Scenario', d.scenario),
    labelled('How they talk, for example', d.example_dialogue.replaceAll(/<START>/gi, '')),
  ]
  const others = parts.presentNames.filter((other) => other !== name).slice(0, PRESENT_NAMES)
  if (others.length > 1)
    sections.push(
      `Also in the room: ${others.join(', ')}. Each of their lines begins with their name; yours must not.`,
    )
  return sections
    .map((section) => expand(section, parts).trim())
    .filter((section) => section !== '')
    .join('\n\n')
}

function labelled(label: string, text: string): string {
  return text.trim() === '' ? '' : `${label}: ${text.trim()}`
}

function expand(text: string, parts: PromptParts): string {
  const { definition } = parts
  const char = definition.nickname || definition.name
  return expandMacros(text, { char, user: parts.userName, random: seededRandom(parts.seed) })
}

/** Lines as chat turns. Where more than two talk, others' lines carry their names. Neighbours of one role become one turn. */
function toTurns(lines: readonly Line[]): ChatMessage[] {
  const named = new Set(lines.filter((line) => !line.own).map((line) => line.name)).size > 1
  const turns: { role: 'user' | 'assistant'; content: string }[] = []
  for (const line of lines) {
    const role = line.own ? 'assistant' : 'user'
    const text = line.own || !named ? line.text : `${oneLine(line.name)}: ${line.text}`
    const last = turns.at(-1)
    if (last?.role === role) last.content += `\n${text}`
    else turns.push({ role, content: text })
  }
  return turns
}

/** A name is data: it must not begin a new line, and with it somebody else's turn. */
function oneLine(name: string): string {
  return name.replaceAll(/[\s:：]+/g, ' ').trim()
}

async function keepNewest(
  model: ResolvedModel,
  turns: readonly ChatMessage[],
  budget: number,
): Promise<ChatMessage[]> {
  const counts = await model.countEach(turns.map((turn) => String(turn.content)))
  const kept: ChatMessage[] = []
  let left = budget
  for (let at = turns.length - 1; at >= 0; at--) {
    const turn = turns[at]
    const cost = (counts[at] ?? 0) + TURN_OVERHEAD_TOKENS
    if (!turn) break
    if (cost > left) {
      // What is to be answered must be there, if only its end.
      if (kept.length === 0)
        kept.unshift({
          ...turn,
          content: await cutTokens(model, String(turn.content), left - TURN_OVERHEAD_TOKENS, 'start'),
        })
      break
    }
    kept.unshift(turn)
    left -= cost
  }
  return kept
}

/** What a chat template adds to a turn: role and end marks. */
const TURN_OVERHEAD_TOKENS = 8

async function cutTokens(
  model: ResolvedModel,
  text: string,
  most: number,
  from: 'start' | 'end' = 'end',
): Promise<string> {
  let kept = text
  for (let attempt = 0; attempt < 6; attempt++) {
    const tokens = await model.countTokens(kept)
    if (tokens <= most) return kept
    const characters = [...kept]
    const keep = Math.max(1, Math.floor(characters.length * (most / tokens) * 0.95))
    kept = (from === 'end' ? characters.slice(0, keep) : characters.slice(-keep)).join('')
  }
  return kept
}
