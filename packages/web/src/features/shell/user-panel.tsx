import { Link } from '@tanstack/react-router'
import { Settings } from 'lucide-react'
import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Tooltip } from '../../ui/tooltip.tsx'

/** Oneself, at the foot of the side list. */
export function UserPanel() {
  const t = useT()
  const me = useStore((state) => state.me)
  if (!me) return null
  return (
    <section
      aria-label={t('userPanel.label')}
      className="flex items-center gap-2.5 border-t border-line px-3 py-2.5"
    >
      <Avatar
        id={me.id}
        name={userName(me)}
        src={avatarUrl(me)}
        size={34}
        status="online"
        statusLabel={t('presence.online')}
      />
      <div className="min-w-0 flex-1 leading-tight">
        <p className="truncate text-sm font-medium">{userName(me)}</p>
        <p className="truncate text-[13px] text-muted">{me.username}</p>
      </div>
      <Tooltip text={t('settings.title')}>
        <Link
          to="/settings/$section"
          params={{ section: 'account' }}
          aria-label={t('settings.title')}
          className="inline-flex size-9 items-center justify-center rounded-md text-muted hover:bg-active hover:text-text"
        >
          <Settings size={19} aria-hidden />
        </Link>
      </Tooltip>
    </section>
  )
}
