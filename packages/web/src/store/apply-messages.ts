import type { Draft, DraftEnd } from '@convive/protocol/events'
import { compareSnowflakes, isNewer } from '@convive/protocol/snowflakes'
import { CHANNEL, type Emoji, type Message, type User } from '../wire.ts'
import { withUsers } from './apply-people.ts'
import { type Echo, type History, type LiveDraft, put, type State, without } from './state.ts'

/** A channel keeps at most this many messages while it grows at its end; older ones are fetched again on scrolling up. */
const HISTORY_MAX = 500
/** Discord's own: a typing sign lasts ten seconds. */
const TYPING_MS = 10_000

const noHistory: History = { items: [], hasOlder: true, hasNewer: false, stale: true }

/** MESSAGE_CREATE, and the answer of sending: the same message may come twice. */
export function applyMessage(state: State, message: Message, now: number): State {
  const channelId = message.channel_id
  const mine = message.author.id === state.me?.id
  let next = withUsers(state, [message.author, ...message.mentions])
  const history = next.histories[channelId]
  if (history && !history.hasNewer) next = setHistory(next, channelId, appended(history, message))
  const channel = next.channels[channelId]
  const isNew = channel !== undefined && isNewer(message.id, channel.last_message_id)
  if (isNew)
    next = { ...next, channels: put(next.channels, channelId, { ...channel, last_message_id: message.id }) }
  next = endTyping(next, channelId, message.author.id, now)
  if (message.nonce !== undefined) {
    next = removeDraft(next, channelId, String(message.nonce))
    if (mine) next = removeEcho(next, channelId, String(message.nonce))
  }
  if (!isNew) return next
  if (mine)
    return { ...next, reads: put(next.reads, channelId, { last_message_id: message.id, mention_count: 0 }) }
  return mentionsMe(next, message) ? countMention(next, channelId) : next
}

/** MESSAGE_UPDATE: whole or in part. */
export function updateMessage(
  state: State,
  change: Partial<Message> & { id: string; channel_id: string },
): State {
  const next = withUsers(state, [change.author])
  const updated = mapMessage(next, change.channel_id, change.id, (message) =>
    withoutSettled({ ...message, ...change }, change),
  )
  const history = updated.histories[change.channel_id]
  if (!history?.items.some((item) => item.referenced_message?.id === change.id)) return updated
  const items = history.items.map((item) =>
    item.referenced_message?.id === change.id
      ? { ...item, referenced_message: { ...item.referenced_message, ...change } }
      : item,
  )
  return setHistory(updated, change.channel_id, { ...history, items })
}

// A whole message without `convive` has none any more; a part without it says nothing.
function withoutSettled(merged: Message, change: Partial<Message>): Message {
  if (change.author === undefined || change.convive !== undefined || merged.convive === undefined)
    return merged
  const { convive: _, ...rest } = merged
  return rest
}

/** MESSAGE_DELETE and MESSAGE_DELETE_BULK. Answers to a deleted message say so. */
export function removeMessages(state: State, channelId: string, ids: readonly string[]): State {
  const history = state.histories[channelId]
  if (!history) return state
  const gone = new Set(ids)
  const items = history.items
    .filter((message) => !gone.has(message.id))
    .map((message) =>
      message.referenced_message && gone.has(message.referenced_message.id)
        ? { ...message, referenced_message: null }
        : message,
    )
  return setHistory(state, channelId, { ...history, items })
}

/** MESSAGE_REACTION_ADD (+1) and MESSAGE_REACTION_REMOVE (-1). */
export function applyReaction(
  state: State,
  at: { channel_id: string; message_id: string; user_id: string; emoji: Emoji },
  by: 1 | -1,
): State {
  const mine = at.user_id === state.me?.id
  return mapMessage(state, at.channel_id, at.message_id, (message) => {
    const reactions = message.reactions ?? []
    const known = reactions.find((reaction) => sameEmoji(reaction.emoji, at.emoji))
    // The same change may come as our own guess and as the event.
    if (mine && (by === 1) === (known?.me ?? false)) return message
    if (!known)
      return by === 1
        ? { ...message, reactions: [...reactions, { emoji: at.emoji, count: 1, me: mine }] }
        : message
    const changed = { ...known, count: known.count + by, me: mine ? by === 1 : known.me }
    const rest = reactions
      .map((reaction) => (reaction === known ? changed : reaction))
      .filter((reaction) => reaction.count > 0)
    return { ...message, reactions: rest }
  })
}

/** MESSAGE_REACTION_REMOVE_ALL, and _REMOVE_EMOJI when `emoji` is given. */
export function clearReactions(state: State, channelId: string, messageId: string, emoji?: Emoji): State {
  return mapMessage(state, channelId, messageId, (message) => ({
    ...message,
    reactions: emoji ? (message.reactions ?? []).filter((reaction) => !sameEmoji(reaction.emoji, emoji)) : [],
  }))
}

/** Whether two emoji are the same: a custom one by id, others by character. */
export function sameEmoji(a: Emoji, b: Emoji): boolean {
  return a.id || b.id ? a.id === b.id : a.name === b.name
}

/** MESSAGE_ACK: read on another device, or marked unread there. */
export function applyAck(
  state: State,
  ack: { channel_id: string; message_id: string; mention_count?: number },
): State {
  const read = { last_message_id: ack.message_id, mention_count: ack.mention_count ?? 0 }
  return { ...state, reads: put(state.reads, ack.channel_id, read) }
}

/** TYPING_START. */
export function applyTyping(state: State, at: { channel_id: string; user_id: string }, now: number): State {
  if (at.user_id === state.me?.id) return state
  const typing = put(state.typing[at.channel_id] ?? {}, at.user_id, now + TYPING_MS)
  return { ...state, typing: put(state.typing, at.channel_id, typing) }
}

/** CONVIVE_DRAFT: a character thinks or writes on. */
export function applyDraft(state: State, draft: Draft): State {
  const drafts = state.drafts[draft.channel_id] ?? []
  const known = drafts.find((other) => other.draft_id === draft.draft_id)
  const live: LiveDraft = { ...draft, text: (known?.text ?? '').slice(0, draft.offset) + draft.text }
  const next = known ? drafts.map((other) => (other === known ? live : other)) : [...drafts, live]
  return { ...state, drafts: put(state.drafts, draft.channel_id, next) }
}

/** CONVIVE_DRAFT_END. Its message came before, or there is none. */
export function endDraft(state: State, end: DraftEnd): State {
  return removeDraft(state, end.channel_id, end.draft_id)
}

/** A message of one's own set off, or its failure told. */
export function putEcho(state: State, channelId: string, echo: Echo): State {
  const echoes = state.echoes[channelId] ?? []
  const next = echoes.some((other) => other.nonce === echo.nonce)
    ? echoes.map((other) => (other.nonce === echo.nonce ? echo : other))
    : [...echoes, echo]
  return { ...state, echoes: put(state.echoes, channelId, next) }
}

/** Takes an echo away: confirmed, or given up by its author. */
export function removeEcho(state: State, channelId: string, nonce: string): State {
  const echoes = state.echoes[channelId]
  if (!echoes?.some((echo) => echo.nonce === nonce)) return state
  const rest = echoes.filter((echo) => echo.nonce !== nonce)
  return {
    ...state,
    echoes: rest.length > 0 ? put(state.echoes, channelId, rest) : without(state.echoes, channelId),
  }
}

export type Page = 'latest' | 'before' | 'after' | 'around'

/** A page of history that was fetched, newest first as Discord answers; `limit` tells whether there is more. */
export function applyPage(
  state: State,
  channelId: string,
  page: Page,
  answered: readonly Message[],
  limit: number,
): State {
  const messages = [...answered].sort((a, b) => compareSnowflakes(a.id, b.id))
  const known = state.histories[channelId] ?? noHistory
  const full = answered.length >= limit
  const next = withUsers(
    state,
    messages.flatMap((message) => [message.author, ...message.mentions]),
  )
  const newest = state.channels[channelId]?.last_message_id
  switch (page) {
    case 'latest':
      return setHistory(next, channelId, { items: messages, hasOlder: full, hasNewer: false, stale: false })
    case 'before':
      return setHistory(next, channelId, { ...known, items: merged(messages, known.items), hasOlder: full })
    case 'after':
      return setHistory(next, channelId, { ...known, items: merged(known.items, messages), hasNewer: full })
    case 'around': {
      const hasNewer = newest != null && isNewer(newest, messages.at(-1)?.id)
      return setHistory(next, channelId, {
        items: messages,
        hasOlder: messages.length > 0,
        hasNewer,
        stale: false,
      })
    }
  }
}

function merged(a: readonly Message[], b: readonly Message[]): Message[] {
  const byId = new Map([...a, ...b].map((message) => [message.id, message]))
  return [...byId.values()].sort((x, y) => compareSnowflakes(x.id, y.id))
}

function appended(history: History, message: Message): History {
  const known = history.items.findIndex((other) => other.id === message.id)
  if (known >= 0)
    return { ...history, items: history.items.with(known, { ...history.items[known], ...message }) }
  let at = history.items.length
  while (at > 0 && compareSnowflakes(history.items[at - 1]?.id ?? '0', message.id) > 0) at--
  const items = history.items.toSpliced(at, 0, message)
  if (items.length <= HISTORY_MAX) return { ...history, items }
  return { ...history, items: items.slice(-HISTORY_MAX), hasOlder: true }
}

function mapMessage(
  state: State,
  channelId: string,
  id: string,
  change: (message: Message) => Message,
): State {
  const history = state.histories[channelId]
  const at = history?.items.findIndex((message) => message.id === id) ?? -1
  const known = history?.items[at]
  if (!history || !known) return state
  const changed = change(known)
  return changed === known
    ? state
    : setHistory(state, channelId, { ...history, items: history.items.with(at, changed) })
}

function setHistory(state: State, channelId: string, history: History): State {
  return { ...state, histories: put(state.histories, channelId, history) }
}

function removeDraft(state: State, channelId: string, draftId: string): State {
  const drafts = state.drafts[channelId]
  if (!drafts?.some((draft) => draft.draft_id === draftId)) return state
  const rest = drafts.filter((draft) => draft.draft_id !== draftId)
  return {
    ...state,
    drafts: rest.length > 0 ? put(state.drafts, channelId, rest) : without(state.drafts, channelId),
  }
}

function endTyping(state: State, channelId: string, userId: string, now: number): State {
  const typing = state.typing[channelId]
  if (!typing) return state
  const rest = Object.fromEntries(
    Object.entries(typing).filter(([id, until]) => id !== userId && until > now),
  )
  return {
    ...state,
    typing:
      Object.keys(rest).length > 0 ? put(state.typing, channelId, rest) : without(state.typing, channelId),
  }
}

/** Whether the message calls the person in front of the page: by name, by role, everyone, or in a DM. */
export function mentionsMe(state: State, message: Message): boolean {
  const me = state.me?.id
  if (!me) return false
  const channel = state.channels[message.channel_id]
  if (channel?.type === CHANNEL.dm || channel?.type === CHANNEL.group) return true
  if (message.mention_everyone || message.mentions.some((user: User) => user.id === me)) return true
  const roles = state.members[message.guild_id ?? channel?.guild_id ?? '']?.[me]?.roles ?? []
  return message.mention_roles.some((id) => roles.includes(id))
}

function countMention(state: State, channelId: string): State {
  const read = state.reads[channelId] ?? { last_message_id: null, mention_count: 0 }
  return { ...state, reads: put(state.reads, channelId, { ...read, mention_count: read.mention_count + 1 }) }
}
