import { useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { useStore } from '../../store/store.ts'
import { Spinner } from '../../ui/spinner.tsx'
import { Drawer } from './drawer.tsx'
import { GuildRail } from './guild-rail.tsx'
import { setDrawer, useNarrow } from './narrow.ts'
import { QuickSwitcher } from './quick-switcher.tsx'
import { useTitle } from './title.ts'
import { UserPanel } from './user-panel.tsx'

/** Rail and side list to the left (in a drawer on a phone), the page beside them. */
export function Shell({ side, children }: { side: ReactNode; children: ReactNode }) {
  const t = useT()
  const narrow = useNarrow()
  const ready = useStore((state) => state.ready)
  const { pathname } = useLocation()
  useTitle()

  // biome-ignore lint/correctness/useExhaustiveDependencies: going anywhere shuts the drawers
  useEffect(() => setDrawer('left', false), [pathname])

  if (!ready) return <Loading />
  const left = (
    <div className="flex h-full min-h-0">
      <GuildRail />
      <div className="flex h-full w-60 min-w-0 flex-col bg-side">
        <div className="min-h-0 flex-1">{side}</div>
        <UserPanel />
      </div>
    </div>
  )
  return (
    <div className="flex h-full">
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t('shell.skip')}
      </a>
      {narrow ? (
        <Drawer side="left" label={t('shell.navigation')}>
          {left}
        </Drawer>
      ) : (
        left
      )}
      <div id="main" tabIndex={-1} className="min-w-0 flex-1 bg-canvas outline-none">
        {children}
      </div>
      <QuickSwitcher />
    </div>
  )
}

function Loading() {
  const t = useT()
  return (
    <main className="flex h-full items-center justify-center text-muted">
      <Spinner label={t('common.loading')} />
    </main>
  )
}
