import { useNavigate } from '@tanstack/react-router'
import { MessageSquareDashed } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { deleteMessage } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { usePreference } from '../../store/preferences.ts'
import { canInChannel, channelName } from '../../store/selectors.ts'
import { getState, useStore } from '../../store/store.ts'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/empty.tsx'
import { CHANNEL, type Message } from '../../wire.ts'
import { MembersPanel } from '../members/members-panel.tsx'
import { Drawer } from '../shell/drawer.tsx'
import { useNarrow } from '../shell/narrow.ts'
import { Announcer } from './announcer.tsx'
import { Composer } from './composer.tsx'
import { ConversationContext, type ConversationParts } from './context.ts'
import { ConversationHeader } from './conversation-header.tsx'
import { DropArea } from './drop-area.tsx'
import { HistoryView } from './history-view.tsx'
import { TypingLine } from './typing-line.tsx'

interface ConversationProps {
  channelId: string
  /** A message to show and mark. */
  messageId?: string
}

/** One channel, DM or group: its head, history, composer and members. */
export function Conversation({ channelId, messageId }: ConversationProps) {
  const t = useT()
  const narrow = useNarrow()
  const navigate = useNavigate()
  const channel = useStore((state) => state.channels[channelId])
  const visible = useStore((state) => canInChannel(state, state.channels[channelId], 'ViewChannel'))
  const name = useStore((state) => (channel ? channelName(state, channel) : ''))
  const membersShown = usePreference('membersShown')
  const [replying, setReplying] = useState<Message | null>(null)
  const [editingId, setEditingId] = useState<string | null>(null)
  const [deleting, setDeleting] = useState<Message | null>(null)
  const [files, setFiles] = useState<File[]>([])
  const guildId = channel?.guild_id
  const addFiles = useCallback((added: File[]) => setFiles((before) => [...before, ...added]), [])

  const parts = useMemo<ConversationParts>(
    () => ({
      channelId,
      guildId,
      replyTo: setReplying,
      edit: setEditingId,
      askDelete: setDeleting,
      jumpTo: (id) => void navigate({ href: `/channels/${guildId ?? '@me'}/${channelId}/${id}` }),
    }),
    [channelId, guildId, navigate],
  )

  if (!channel || !visible) {
    return (
      <main className="flex h-full items-center">
        <Empty
          page
          icon={<MessageSquareDashed size={26} />}
          title={t('conversation.missing')}
          text={t('conversation.missingText')}
        />
      </main>
    )
  }
  const hasPanel = channel.type !== CHANNEL.dm
  return (
    <ConversationContext value={parts}>
      <div className="flex h-full">
        <main aria-label={name} className="relative flex h-full min-w-0 flex-1 flex-col">
          <ConversationHeader channel={channel} name={name} hasPanel={hasPanel} />
          <DropArea channel={channel} onFiles={addFiles}>
            <HistoryView
              channel={channel}
              name={name}
              messageId={messageId}
              editingId={editingId}
              replyingId={replying?.id ?? null}
            />
            <Composer
              channel={channel}
              name={name}
              replying={replying}
              onReplyDone={() => setReplying(null)}
              files={files}
              onFiles={setFiles}
            />
            <TypingLine channelId={channelId} guildId={guildId} />
          </DropArea>
          <Announcer channelId={channelId} guildId={guildId} />
        </main>
        {hasPanel && !narrow && membersShown && <MembersPanel channel={channel} />}
        {hasPanel && narrow && (
          <Drawer side="right" label={t('members.title')}>
            <MembersPanel channel={channel} />
          </Drawer>
        )}
      </div>
      <ConfirmDialog
        open={deleting !== null}
        onOpenChange={(open) => !open && setDeleting(null)}
        title={t('message.deleteTitle')}
        description={
          <span className="line-clamp-4 whitespace-pre-wrap">
            {deleting?.content || t('message.deleteText')}
          </span>
        }
        confirmLabel={t('message.delete')}
        cancelLabel={t('common.cancel')}
        onConfirm={() => attempt(() => deleteMessage(channelId, deleting?.id ?? ''))}
      />
    </ConversationContext>
  )
}

/** One's own newest message in what is loaded, for editing by arrow up. */
export function lastOwnMessageId(channelId: string): string | undefined {
  const state = getState()
  return state.histories[channelId]?.items.findLast((message) => message.author.id === state.me?.id)?.id
}
