import { CloudOff, RefreshCw, Wifi } from 'lucide-react'
import { currentToken } from '../../connection/token.ts'
import { useT } from '../../i18n/i18n.ts'
import { useCameBack, useConnectionStatus } from '../../store/store.ts'

/** Says that the connection is lost, sought, or back. Silent while all is well. */
export function ConnectionBanner() {
  const t = useT()
  const status = useConnectionStatus()
  const cameBack = useCameBack()
  const trouble = currentToken() !== null && (status === 'reconnecting' || status === 'offline')
  return (
    <div role="status" aria-live="polite">
      {trouble && (
        <p className="flex items-center justify-center gap-2 bg-text px-4 py-1.5 text-sm text-canvas">
          {status === 'offline' ? (
            <CloudOff size={15} aria-hidden />
          ) : (
            <RefreshCw size={15} aria-hidden className="animate-spin" />
          )}
          {status === 'offline' ? t('connection.offline') : t('connection.reconnecting')}
        </p>
      )}
      {cameBack && (
        <p className="flex items-center justify-center gap-2 bg-accent px-4 py-1.5 text-sm text-on-accent">
          <Wifi size={15} aria-hidden />
          {t('connection.back')}
        </p>
      )}
    </div>
  )
}
