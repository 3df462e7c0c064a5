import { snowflakeTimeMs } from '@convive/protocol/snowflakes'
import { useQuery } from '@tanstack/react-query'
import { PinOff } from 'lucide-react'
import { listPins, unpinMessage } from '../../connection/discord.ts'
import { avatarUrl } from '../../connection/media.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel, isPrivate, memberName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import type { Channel, Message } from '../../wire.ts'
import { useConversation } from './context.ts'
import { Markdown } from './markdown.tsx'
import { messageTimeText } from './times.ts'

/** Messages kept at hand in this channel. */
export function Pins({ channel, onDone }: { channel: Channel; onDone: () => void }) {
  const t = useT()
  const version = useStore((state) => state.pinsVersion[channel.id] ?? 0)
  const pins = useQuery({
    queryKey: ['pins', channel.id, version],
    queryFn: () => listPins(channel.id),
    staleTime: 0,
  })
  return (
    <div className="flex max-h-[28rem] flex-col">
      <h2 className="border-b border-line px-4 py-3 font-semibold">{t('pins.title')}</h2>
      <div className="min-h-0 overflow-y-auto p-2">
        {pins.isPending && (
          <p className="flex justify-center py-6 text-muted">
            <Spinner label={t('common.loading')} />
          </p>
        )}
        {pins.isError && <p className="p-4 text-danger">{failureText(pins.error)}</p>}
        {pins.data?.items.length === 0 && (
          <p className="px-4 py-6 text-center text-muted">{t('pins.none')}</p>
        )}
        <ul className="flex flex-col gap-2">
          {pins.data?.items.map(({ message }) => (
            <PinnedMessage key={message.id} channel={channel} message={message} onDone={onDone} />
          ))}
        </ul>
      </div>
    </div>
  )
}

function PinnedMessage({
  channel,
  message,
  onDone,
}: {
  channel: Channel
  message: Message
  onDone: () => void
}) {
  const t = useT()
  const { jumpTo, guildId } = useConversation()
  const name = useStore((state) => memberName(state, guildId, message.author))
  const mayUnpin = useStore(
    (state) =>
      isPrivate(channel) ||
      canInChannel(state, channel, 'PinMessages') ||
      canInChannel(state, channel, 'ManageMessages'),
  )
  return (
    <li className="rounded-lg border border-line p-3">
      <div className="flex items-center gap-2 text-sm">
        <Avatar id={message.author.id} name={name} src={avatarUrl(message.author)} size={24} />
        <span className="truncate font-medium">{name}</span>
        <span className="text-[12px] text-muted">{messageTimeText(snowflakeTimeMs(message.id))}</span>
        <span className="flex-1" />
        <Button
          small
          variant="quiet"
          onClick={() => {
            onDone()
            jumpTo(message.id)
          }}
        >
          {t('pins.show')}
        </Button>
        {mayUnpin && (
          <IconButton
            small
            label={t('message.unpin')}
            onClick={() => void attempt(() => unpinMessage(channel.id, message.id))}
          >
            <PinOff size={15} />
          </IconButton>
        )}
      </div>
      <div className="mt-1.5 max-h-40 overflow-hidden text-sm">
        <Markdown text={message.content || t('reply.attachment')} />
      </div>
    </li>
  )
}
