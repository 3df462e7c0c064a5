import { snowflakeTimeMs } from '@convive/protocol/snowflakes'
import { ArrowRight, Info, Pin } from 'lucide-react'
import { type TextKey, useT } from '../../i18n/i18n.ts'
import { memberName, userName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { MESSAGE, type Message } from '../../wire.ts'
import { useConversation } from './context.ts'
import { messageTimeText } from './times.ts'

const texts: Record<number, TextKey> = {
  [MESSAGE.recipientAdd]: 'system.recipientAdd',
  [MESSAGE.recipientRemove]: 'system.recipientRemove',
  [MESSAGE.nameChange]: 'system.nameChange',
  [MESSAGE.pinned]: 'system.pinned',
  [MESSAGE.join]: 'system.join',
}

/** Something that happened rather than was said. */
export function SystemRow({ message }: { message: Message }) {
  const t = useT()
  const { guildId, jumpTo } = useConversation()
  const name = useStore((state) => memberName(state, guildId, message.author))
  const key = texts[message.type]
  const target = message.type === MESSAGE.nameChange ? message.content : userName(message.mentions[0])
  const pinnedId = message.type === MESSAGE.pinned ? message.message_reference?.message_id : undefined
  const Icon = message.type === MESSAGE.pinned ? Pin : message.type === MESSAGE.join ? ArrowRight : Info
  return (
    <div className="flex items-center gap-3 py-1.5 pr-4 pl-7 text-[14px] text-muted sm:pl-8">
      <Icon size={16} aria-hidden className="shrink-0" />
      <p className="min-w-0 pl-3">
        {key ? t(key, { name, target }) : message.content || t('system.other', { name })}{' '}
        {pinnedId && (
          <button
            type="button"
            onClick={() => jumpTo(pinnedId)}
            className="text-accent-text underline underline-offset-2"
          >
            {t('system.showPinned')}
          </button>
        )}
        <time className="ml-1 text-[12px]">{messageTimeText(snowflakeTimeMs(message.id))}</time>
      </p>
    </div>
  )
}
