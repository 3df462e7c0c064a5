import { Menu } from 'lucide-react'
import type { ReactNode } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { IconButton } from '../../ui/button.tsx'
import { setDrawer, useNarrow } from './narrow.ts'

interface PageHeaderProps {
  icon: ReactNode
  title: ReactNode
  children?: ReactNode
}

/** The line above a page: what it is, and what can be done here. On a phone it also opens the navigation. */
export function PageHeader({ icon, title, children }: PageHeaderProps) {
  const t = useT()
  const narrow = useNarrow()
  return (
    <header className="flex min-h-13 shrink-0 items-center gap-2.5 border-b border-line px-3 sm:px-4">
      {narrow && (
        <IconButton label={t('shell.openNavigation')} onClick={() => setDrawer('left', true)}>
          <Menu size={20} />
        </IconButton>
      )}
      <span aria-hidden className="shrink-0 text-muted">
        {icon}
      </span>
      <h1 className="min-w-0 shrink-0 truncate font-semibold max-sm:max-w-[45vw] sm:max-w-72">{title}</h1>
      {children}
    </header>
  )
}
