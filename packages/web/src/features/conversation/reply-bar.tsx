import { X } from 'lucide-react'
import { useT } from '../../i18n/i18n.ts'
import { memberName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import type { Message } from '../../wire.ts'
import { useConversation } from './context.ts'
import { previewText } from './preview-text.ts'

/** Above the composer: whom one is answering. */
export function ReplyBar({ message, onCancel }: { message: Message; onCancel: () => void }) {
  const t = useT()
  const { guildId } = useConversation()
  const name = useStore((state) => memberName(state, guildId, message.author))
  const text = useStore((state) => previewText(state, guildId, message.content))
  return (
    <div className="flex items-center gap-2 rounded-t-xl border border-b-0 border-line bg-side px-4 py-1.5 text-sm">
      <span className="min-w-0 flex-1 truncate text-muted">
        {t('reply.replyingTo', { name })} <span className="text-text">{text}</span>
      </span>
      <IconButton small label={t('reply.cancel')} onClick={onCancel}>
        <X size={16} />
      </IconButton>
    </div>
  )
}
