import { Outlet } from '@tanstack/react-router'
import { useT } from '../../i18n/i18n.ts'
import { Toasts } from '../../ui/toast.tsx'
import { TooltipProvider } from '../../ui/tooltip.tsx'
import { ConnectionBanner } from './connection-banner.tsx'

/** What every page stands in: the connection's state above, passing news beside. */
export function Root() {
  const t = useT()
  return (
    <TooltipProvider delay={400}>
      <div className="flex h-dvh flex-col">
        <ConnectionBanner />
        <div className="min-h-0 flex-1">
          <Outlet />
        </div>
      </div>
      <Toasts closeLabel={t('common.close')} />
    </TooltipProvider>
  )
}
