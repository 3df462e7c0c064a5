import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { memberName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { MESSAGE, type Message } from '../../wire.ts'
import { KindMark } from '../members/kind-mark.tsx'
import { useConversation } from './context.ts'
import { previewText } from './preview-text.ts'

/** Above an answer: what it answers. A click goes there. */
export function ReplyPreview({ message }: { message: Message }) {
  const t = useT()
  const { guildId, jumpTo } = useConversation()
  const original = message.referenced_message
  const name = useStore((state) => (original ? memberName(state, guildId, original.author) : ''))
  const author = useStore((state) =>
    original ? (state.users[original.author.id] ?? original.author) : undefined,
  )
  const text = useStore((state) => previewText(state, guildId, original?.content ?? ''))
  if (message.type !== MESSAGE.reply) return null
  const hook = (
    <span
      aria-hidden
      className="absolute top-2.5 -left-7 h-3 w-6 rounded-tl-md border-t-2 border-l-2 border-line"
    />
  )
  if (!original || !author) {
    return (
      <p className="relative mb-0.5 text-[13px] text-muted italic">
        {hook}
        {t('reply.gone')}
      </p>
    )
  }
  return (
    <div className="relative mb-0.5">
      {hook}
      <button
        type="button"
        onClick={() => jumpTo(original.id)}
        className="flex max-w-full items-center gap-1.5 text-[13px] text-muted hover:text-text"
      >
        <span className="sr-only">{t('reply.to')}</span>
        <Avatar id={author.id} name={name} src={avatarUrl(author, 32)} size={16} />
        <span className="shrink-0 font-medium">{name}</span>
        <KindMark user={author} />
        <span className="truncate">{text || t('reply.attachment')}</span>
      </button>
    </div>
  )
}
