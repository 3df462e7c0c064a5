import { channelName, userName } from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'

const MARK = /<(@!?|@&|#)(\d{15,20})>/g

/** A message's text in one plain line, for where it is only mentioned: names instead of marks, spoilers still hidden. */
export function previewText(state: State, guildId: string | undefined, content: string): string {
  return content
    .replace(/\|\|.+?\|\|/gs, '▇▇▇')
    .replace(MARK, (_, mark: string, id: string) => {
      if (mark === '@&')
        return `@${state.guilds[guildId ?? '']?.roles.find((role) => role.id === id)?.name ?? '…'}`
      const channel = state.channels[id]
      if (mark === '#') return `#${channel ? channelName(state, channel) : '…'}`
      return `@${userName(state.users[id])}`
    })
    .replace(/```\w*|[*_~`>]{1,3}(?=\S)|(?<=\S)[*_~`]{1,3}/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
