import { canInChannel, channelGroups, isCharacter, memberName, userName } from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'
import type { Channel, User } from '../../wire.ts'

export type Suggestion =
  | { kind: 'user'; id: string; name: string; detail: string; user: User; insert: string; markup: string }
  | {
      kind: 'role' | 'channel' | 'everyone'
      id: string
      name: string
      detail: string
      insert: string
      markup: string
    }

export interface Trigger {
  /** `@` or `#` */
  mark: '@' | '#'
  query: string
  /** Where the mark stands in the text. */
  start: number
}

const SUGGESTIONS_MAX = 8

/** What is being named at the caret: the word after an `@` or `#` that begins a word. Chinese has no spaces between words, so a letter of it before the mark is a boundary too. */
export function findTrigger(text: string, caret: number): Trigger | null {
  const match = /(^|[^\w@#/])([@#])([^\s@#]{0,32})$/.exec(text.slice(0, caret))
  if (!match) return null
  const query = match[3] ?? ''
  return { mark: match[2] === '#' ? '#' : '@', query, start: caret - query.length - 1 }
}

/** Who or what may be meant, best first. */
export function suggest(state: State, channel: Channel, trigger: Trigger): Suggestion[] {
  const query = trigger.query.toLowerCase()
  const all = trigger.mark === '#' ? channelSuggestions(state, channel) : userSuggestions(state, channel)
  const ranked = all.flatMap((suggestion) => {
    const name = suggestion.name.toLowerCase()
    const rank = name.startsWith(query)
      ? 2
      : name.includes(query) || suggestion.detail.toLowerCase().startsWith(query)
        ? 1
        : 0
    return rank > 0 ? [{ suggestion, rank }] : []
  })
  ranked.sort((a, b) => b.rank - a.rank)
  return ranked.slice(0, SUGGESTIONS_MAX).map(({ suggestion }) => suggestion)
}

function channelSuggestions(state: State, channel: Channel): Suggestion[] {
  if (!channel.guild_id) return []
  return channelGroups(state, channel.guild_id).flatMap((group) =>
    group.channels.map((target) => {
      const name = target.name ?? ''
      return {
        kind: 'channel' as const,
        id: target.id,
        name,
        detail: group.category?.name ?? '',
        insert: `#${name}`,
        markup: `<#${target.id}>`,
      }
    }),
  )
}

function userSuggestions(state: State, channel: Channel): Suggestion[] {
  const guild = channel.guild_id ? state.guilds[channel.guild_id] : undefined
  const users = guild
    ? Object.keys(state.members[guild.id] ?? {}).flatMap((id) => state.users[id] ?? [])
    : (channel.recipients ?? []).map((user) => state.users[user.id] ?? user)
  const people: Suggestion[] = users
    .filter((user) => user.id !== state.me?.id)
    // Characters first: calling one is what makes it answer.
    .sort((a, b) => Number(isCharacter(b)) - Number(isCharacter(a)) || userName(a).localeCompare(userName(b)))
    .map((user) => {
      const name = memberName(state, guild?.id, user)
      return {
        kind: 'user',
        id: user.id,
        name,
        detail: user.username,
        user,
        insert: `@${name}`,
        markup: `<@${user.id}>`,
      }
    })
  if (!guild) return people
  const mayMention = canInChannel(state, channel, 'MentionEveryone')
  const roles: Suggestion[] = guild.roles
    .filter((role) => role.id !== guild.id && (mayMention || role.mentionable))
    .map((role) => ({
      kind: 'role',
      id: role.id,
      name: role.name,
      detail: '',
      insert: `@${role.name}`,
      markup: `<@&${role.id}>`,
    }))
  const everyone: Suggestion[] = mayMention
    ? ['everyone', 'here'].map((name) => ({
        kind: 'everyone',
        id: name,
        name,
        detail: '',
        insert: `@${name}`,
        markup: `@${name}`,
      }))
    : []
  return [...people, ...roles, ...everyone]
}

/** The text as Discord takes it: names that were picked, or typed in full, become marks. Longer names are tried first. */
export function toMarkup(
  state: State,
  channel: Channel,
  text: string,
  picked: ReadonlyMap<string, string>,
): string {
  if (!/[@#]/.test(text)) return text
  const names = new Map<string, string>()
  for (const suggestion of [...userSuggestions(state, channel), ...channelSuggestions(state, channel)]) {
    if (suggestion.kind === 'everyone') continue
    names.set(suggestion.insert, suggestion.markup)
    if (suggestion.kind === 'user' && !names.has(`@${suggestion.user.username}`))
      names.set(`@${suggestion.user.username}`, suggestion.markup)
  }
  for (const [insert, markup] of picked) names.set(insert, markup)
  const longestFirst = [...names].sort(([a], [b]) => b.length - a.length)
  let result = ''
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? ''
    const before = text[at - 1] ?? ' '
    const match =
      (character === '@' || character === '#') && !/[\w<]/.test(before)
        ? longestFirst.find(([name]) => text.startsWith(name, at) && ends(text, at + name.length))
        : undefined
    result += match ? match[1] : character
    at += match ? match[0].length : 1
  }
  return result
}

// A name ends where no Latin letter or digit goes on; Chinese may follow at once.
function ends(text: string, at: number): boolean {
  return !/[A-Za-z0-9_]/.test(text[at] ?? ' ') || !/[A-Za-z0-9_]/.test(text[at - 1] ?? ' ')
}
