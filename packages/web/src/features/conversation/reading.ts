import { isNewer } from '@convive/protocol/snowflakes'
import { useEffect } from 'react'
import { ackMessage } from '../../connection/discord.ts'
import { applyAck } from '../../store/apply-messages.ts'
import { changeState, getState, useStore } from '../../store/store.ts'

const ACK_DELAY_MS = 400

/** Marks the channel read up to its newest message, here and on one's other devices. */
export function markRead(channelId: string): void {
  const state = getState()
  const newest = state.channels[channelId]?.last_message_id
  const read = state.reads[channelId]
  if (!newest || (read && !isNewer(newest, read.last_message_id) && read.mention_count === 0)) return
  changeState((before) => applyAck(before, { channel_id: channelId, message_id: newest, mention_count: 0 }))
  // A lost ack costs nothing but a dot; the next one carries it.
  ackMessage(channelId, newest).catch(() => undefined)
}

/** While the end of the conversation is in sight and the page has the focus, what arrives counts as read. */
export function useReading(channelId: string, atEnd: boolean, onReturn: () => void): void {
  const newest = useStore((state) => state.channels[channelId]?.last_message_id)
  useEffect(() => {
    if (!atEnd || !newest) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const read = () => {
      if (!document.hasFocus()) return
      clearTimeout(timer)
      timer = setTimeout(() => markRead(channelId), ACK_DELAY_MS)
    }
    const comeBack = () => {
      onReturn()
      read()
    }
    read()
    addEventListener('focus', comeBack)
    return () => {
      clearTimeout(timer)
      removeEventListener('focus', comeBack)
    }
  }, [channelId, atEnd, newest, onReturn])
}
