import { createContext, useContext } from 'react'
import type { Channel, Message } from '../../wire.ts'

/** What the parts of one open conversation share. Nothing in it changes while the channel stays the same. */
export interface ConversationParts {
  channelId: string
  guildId: string | undefined
  replyTo: (message: Message) => void
  edit: (messageId: string | null) => void
  jumpTo: (messageId: string) => void
  askDelete: (message: Message) => void
}

export const ConversationContext = createContext<ConversationParts | null>(null)

/** The conversation that a part stands in. */
export function useConversation(): ConversationParts {
  const parts = useContext(ConversationContext)
  if (!parts) throw new Error('outside of a conversation')
  return parts
}

/** Discord's address of a channel or a message in it. */
export function channelPath(channel: Pick<Channel, 'id' | 'guild_id'>, messageId?: string): string {
  return `/channels/${channel.guild_id ?? '@me'}/${channel.id}${messageId ? `/${messageId}` : ''}`
}
