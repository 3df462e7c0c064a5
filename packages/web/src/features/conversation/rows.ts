import { isNewer, snowflakeTimeMs } from '@convive/protocol/snowflakes'
import type { Echo, History, LiveDraft } from '../../store/state.ts'
import { MESSAGE, type Message } from '../../wire.ts'

export type Row =
  | { kind: 'beginning'; key: string }
  | { kind: 'older'; key: string }
  | { kind: 'newer'; key: string }
  | { kind: 'end'; key: string }
  | { kind: 'day'; key: string; timeMs: number }
  | { kind: 'new'; key: string }
  | {
      kind: 'message'
      key: string
      message: Message
      grouped: boolean
      live: LiveDraft | null
      note: boolean
    }
  | { kind: 'echo'; key: string; echo: Echo; grouped: boolean }
  | { kind: 'draft'; key: string; draft: LiveDraft; grouped: boolean }

/** Messages of one author this close together stand under one name. */
const GROUP_MS = 7 * 60_000

export interface RowsInput {
  history: History
  echoes: readonly Echo[]
  drafts: readonly LiveDraft[]
  /** Last message read before this visit; null draws no line. */
  dividerAfter: string | null
  myId: string
  now: number
}

/** What the conversation shows, line by line: days, the line of what is new, messages, what is on its way, what is being written. */
export function buildRows({ history, echoes, drafts, dividerAfter, myId, now }: RowsInput): Row[] {
  const rows: Row[] = [
    history.hasOlder ? { kind: 'older', key: 'older' } : { kind: 'beginning', key: 'beginning' },
  ]
  let previous: { authorId: string; timeMs: number } | null = null
  let day = ''
  let divided = dividerAfter === null
  let noted = false
  for (const message of history.items) {
    const timeMs = snowflakeTimeMs(message.id)
    if (dayKey(timeMs) !== day) {
      day = dayKey(timeMs)
      rows.push({ kind: 'day', key: `day:${day}`, timeMs })
      previous = null
    }
    if (!divided && dividerAfter && isNewer(message.id, dividerAfter) && message.author.id !== myId) {
      divided = true
      rows.push({ kind: 'new', key: 'new' })
      previous = null
    }
    const plain = message.type === MESSAGE.default
    const note: boolean = !noted && message.convive?.bundled === true
    noted ||= note
    const live = drafts.find((draft) => draft.message_id === message.id) ?? null
    rows.push({
      kind: 'message',
      key: messageKey(message),
      message,
      live,
      note,
      grouped: plain && follows(previous, message.author.id, timeMs),
    })
    previous = plain || message.type === MESSAGE.reply ? { authorId: message.author.id, timeMs } : null
  }
  if (history.hasNewer) return [...rows, { kind: 'newer', key: 'newer' }]
  const known = new Set(history.items.map((message) => String(message.nonce ?? '')))
  for (const echo of echoes) {
    if (known.has(echo.nonce)) continue
    rows.push({
      kind: 'echo',
      key: `n:${echo.nonce}`,
      echo,
      grouped: echo.reply_to === null && follows(previous, myId, echo.created_at),
    })
    previous = { authorId: myId, timeMs: echo.created_at }
  }
  for (const draft of drafts) {
    if (draft.message_id !== null) continue
    rows.push({
      kind: 'draft',
      key: `n:${draft.draft_id}`,
      draft,
      grouped: follows(previous, draft.character_id, now),
    })
    previous = { authorId: draft.character_id, timeMs: now }
  }
  // A little room below the last line; a row of its own, so that scrolling to the end shows it.
  return [...rows, { kind: 'end', key: 'end' }]
}

// The echo or draft that becomes this message had the same key, so that it is replaced in place.
function messageKey(message: Message): string {
  return message.nonce !== undefined && message.nonce !== null ? `n:${message.nonce}` : message.id
}

function follows(
  previous: { authorId: string; timeMs: number } | null,
  authorId: string,
  timeMs: number,
): boolean {
  return previous !== null && previous.authorId === authorId && timeMs - previous.timeMs < GROUP_MS
}

function dayKey(timeMs: number): string {
  const date = new Date(timeMs)
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`
}
