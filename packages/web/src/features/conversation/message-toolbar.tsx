import {
  Copy,
  Link2,
  MoreHorizontal,
  Pencil,
  Pin,
  PinOff,
  RefreshCw,
  Reply,
  SmilePlus,
  Trash2,
} from 'lucide-react'
import { useState } from 'react'
import { regenerate } from '../../connection/convive.ts'
import { addReaction, pinMessage, unpinMessage } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel, isCharacter, isPrivate } from '../../store/selectors.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Popover } from '../../ui/popover.tsx'
import { tell } from '../../ui/toast.tsx'
import type { Message } from '../../wire.ts'
import { channelPath, useConversation } from './context.ts'
import { EmojiPicker } from './emoji-picker.tsx'

/** What can be done with a message, at its upper corner. */
export function MessageToolbar({
  message,
  onOpenChange,
}: {
  message: Message
  onOpenChange: (open: boolean) => void
}) {
  const t = useT()
  const { replyTo, edit, askDelete, guildId } = useConversation()
  const [picking, setPicking] = useState(false)
  const may = useDerived((state) => rights(state, message))
  const mine = useStore((state) => state.me?.id === message.author.id)
  const open = (next: boolean) => {
    setPicking(next)
    onOpenChange(next)
  }
  const link = `${location.origin}${channelPath({ id: message.channel_id, ...(guildId && { guild_id: guildId }) }, message.id)}`
  const copy = (text: string) =>
    attempt(async () => {
      await navigator.clipboard.writeText(text)
      tell(t('common.copied'))
    })
  return (
    <div
      role="toolbar"
      aria-label={t('message.tools')}
      className="absolute -top-3.5 right-4 z-10 flex rounded-lg border border-line bg-raised p-0.5 shadow-md"
    >
      {may.react && (
        <Popover
          label={t('emoji.pick')}
          open={picking}
          onOpenChange={open}
          className="w-84"
          trigger={
            <IconButton small label={t('message.react')}>
              <SmilePlus size={17} />
            </IconButton>
          }
        >
          <EmojiPicker
            onPick={(emoji) => {
              open(false)
              void attempt(() => addReaction(message.channel_id, message.id, { id: null, name: emoji }))
            }}
          />
        </Popover>
      )}
      {may.reply && (
        <IconButton small label={t('message.reply')} onClick={() => replyTo(message)}>
          <Reply size={17} />
        </IconButton>
      )}
      {may.regenerate && (
        <IconButton
          small
          label={t('message.regenerate')}
          onClick={() => void attempt(() => regenerate(message.channel_id, message.id))}
        >
          <RefreshCw size={16} />
        </IconButton>
      )}
      {mine && !message.convive?.notice && (
        <IconButton small label={t('message.edit')} onClick={() => edit(message.id)}>
          <Pencil size={16} />
        </IconButton>
      )}
      <Menu
        trigger={
          <IconButton small label={t('message.more')}>
            <MoreHorizontal size={17} />
          </IconButton>
        }
        entries={[
          [
            {
              label: t('message.copyText'),
              icon: <Copy size={16} />,
              onSelect: () => void copy(message.content),
            },
            { label: t('message.copyLink'), icon: <Link2 size={16} />, onSelect: () => void copy(link) },
            may.pin && {
              label: message.pinned ? t('message.unpin') : t('message.pin'),
              icon: message.pinned ? <PinOff size={16} /> : <Pin size={16} />,
              onSelect: () =>
                void attempt(() =>
                  (message.pinned ? unpinMessage : pinMessage)(message.channel_id, message.id),
                ),
            },
          ],
          [
            may.delete && {
              label: t('message.delete'),
              icon: <Trash2 size={16} />,
              danger: true,
              onSelect: () => askDelete(message),
            },
          ],
        ]}
      />
    </div>
  )
}

function rights(state: Parameters<typeof canInChannel>[0], message: Message) {
  const channel = state.channels[message.channel_id]
  const mine = message.author.id === state.me?.id
  const isPrivateChannel = channel !== undefined && isPrivate(channel)
  const items = state.histories[message.channel_id]?.items ?? []
  const newestOfAuthor = items.findLast((item) => item.author.id === message.author.id)
  const canSend = canInChannel(state, channel, 'SendMessages')
  return {
    react: canInChannel(state, channel, 'AddReactions'),
    reply: canSend,
    regenerate:
      canSend &&
      isCharacter(state.users[message.author.id] ?? message.author) &&
      newestOfAuthor?.id === message.id,
    pin:
      isPrivateChannel ||
      canInChannel(state, channel, 'PinMessages') ||
      canInChannel(state, channel, 'ManageMessages'),
    delete: mine || canInChannel(state, channel, 'ManageMessages'),
  }
}
