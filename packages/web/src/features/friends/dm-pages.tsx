import { useParams } from '@tanstack/react-router'
import { Conversation } from '../conversation/conversation.tsx'

/** `/channels/@me/:channel` */
export function DmPage() {
  const { channelId } = useParams({ from: '/app/home/channels/@me/$channelId' })
  return <Conversation key={channelId} channelId={channelId} />
}

/** `/channels/@me/:channel/:message` opens the conversation there. */
export function DmMessagePage() {
  const { channelId, messageId } = useParams({ from: '/app/home/channels/@me/$channelId/$messageId' })
  return <Conversation key={channelId} channelId={channelId} messageId={messageId} />
}
