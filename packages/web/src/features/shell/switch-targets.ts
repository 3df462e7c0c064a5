import {
  canInChannel,
  channelName,
  dmWith,
  isPrivate,
  isTextual,
  isUnread,
  userName,
} from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'

export type Target =
  | { kind: 'channel'; id: string; guildId: string; name: string; detail: string }
  | { kind: 'private' | 'person'; id: string; name: string; detail: string }

const TARGETS_MAX = 20

/** Where the words may lead, best first. `#` and `@` in front narrow to channels or people; no words list what is unread. */
export function findTargets(state: State, query: string): Target[] {
  const prefix = query.trim()[0]
  const words = query.trim().replace(/^[#@]/, '').toLowerCase()
  const found: { target: Target; rank: number }[] = []
  const consider = (target: Target, extra: string, bonus: number) => {
    const rank = rankOf(words, target.name, extra)
    if (rank > 0) found.push({ target, rank: rank + bonus })
  }
  for (const channel of Object.values(state.channels)) {
    if (!isTextual(channel) || !canInChannel(state, channel, 'ViewChannel')) continue
    const bonus = isUnread(state, channel) ? 0.5 : 0
    const name = channelName(state, channel)
    if (isPrivate(channel)) {
      const usernames = (channel.recipients ?? []).map((user) => user.username).join(' ')
      if (prefix !== '#')
        consider({ kind: 'private', id: channel.id, name, detail: usernames }, usernames, bonus + 0.2)
    } else if (prefix !== '@' && channel.guild_id) {
      const detail = state.guilds[channel.guild_id]?.name ?? ''
      consider({ kind: 'channel', id: channel.id, guildId: channel.guild_id, name, detail }, detail, bonus)
    }
  }
  if (words && prefix !== '#') {
    for (const user of Object.values(state.users)) {
      if (user.id === state.me?.id || dmWith(state, user.id)) continue
      consider({ kind: 'person', id: user.id, name: userName(user), detail: user.username }, user.username, 0)
    }
  }
  found.sort((a, b) => b.rank - a.rank || a.target.name.localeCompare(b.target.name))
  return found.slice(0, TARGETS_MAX).map(({ target }) => target)
}

function rankOf(words: string, name: string, extra: string): number {
  if (!words) return 1
  const lower = name.toLowerCase()
  if (lower === words) return 5
  if (lower.startsWith(words)) return 4
  if (lower.includes(words)) return 3
  if (extra.toLowerCase().includes(words)) return 2
  return isSubsequence(words, lower) ? 1 : 0
}

function isSubsequence(words: string, name: string): boolean {
  let at = 0
  for (const character of words) {
    at = name.indexOf(character, at) + 1
    if (at === 0) return false
  }
  return true
}
