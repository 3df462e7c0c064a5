import { useEffect, useState } from 'react'
import { onDispatch } from '../../connection/session.ts'
import { memberName } from '../../store/selectors.ts'
import { getState } from '../../store/store.ts'
import type { Message } from '../../wire.ts'
import { previewText } from './preview-text.ts'

const SPOKEN_CHARS_MAX = 300

/** Reads new messages of the open conversation out, politely, to who listens to the page. */
export function Announcer({ channelId, guildId }: { channelId: string; guildId: string | undefined }) {
  const [text, setText] = useState('')
  useEffect(
    () =>
      onDispatch((event, data) => {
        if (event !== 'MESSAGE_CREATE') return
        const message = data as Message
        const state = getState()
        if (message.channel_id !== channelId || message.author.id === state.me?.id) return
        setText(
          `${memberName(state, guildId, message.author)}: ${previewText(state, guildId, message.content).slice(0, SPOKEN_CHARS_MAX)}`,
        )
      }),
    [channelId, guildId],
  )
  return (
    <div role="log" aria-live="polite" className="sr-only">
      {text}
    </div>
  )
}
