import { ArrowDown } from 'lucide-react'
import { useT } from '../../i18n/i18n.ts'
import { isUnread } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'

/** Back to the newest, when one has scrolled away from it. */
export function JumpToEnd({ channelId, onJump }: { channelId: string; onJump: () => void }) {
  const t = useT()
  const unread = useStore((state) => {
    const channel = state.channels[channelId]
    return channel !== undefined && isUnread(state, channel)
  })
  return (
    <button
      type="button"
      onClick={onJump}
      className="absolute right-5 bottom-3 z-10 flex min-h-9 items-center gap-2 rounded-full border border-line bg-raised px-3.5 text-sm font-medium shadow-lg hover:bg-side"
    >
      {unread ? t('conversation.newBelow') : t('conversation.toEnd')}
      <ArrowDown size={16} aria-hidden />
    </button>
  )
}
