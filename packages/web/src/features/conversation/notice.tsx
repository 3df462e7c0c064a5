import type { MessageExtras } from '@convive/protocol/events'
import { RotateCw, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { regenerate } from '../../connection/convive.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import type { Message } from '../../wire.ts'

/** In place of an answer that a model could not give: why, and once more. */
export function Notice({
  message,
  notice,
}: {
  message: Message
  notice: NonNullable<MessageExtras['notice']>
}) {
  const t = useT()
  const [busy, setBusy] = useState(false)
  const again = async () => {
    setBusy(true)
    await attempt(() => regenerate(message.channel_id, message.id))
    setBusy(false)
  }
  const seconds = Math.ceil((notice.retry_after_ms ?? 0) / 1000)
  return (
    <div className="mt-1 flex max-w-xl flex-wrap items-center gap-3 rounded-xl border border-line bg-danger-soft px-4 py-3">
      <TriangleAlert size={18} aria-hidden className="shrink-0 text-danger" />
      <div className="min-w-0 flex-1">
        <p>{t(`notice.${notice.failure}`)}</p>
        <p className="text-[13px] text-muted">
          {notice.model}
          {seconds > 0 && ` · ${t('notice.after', { count: seconds })}`}
        </p>
      </div>
      <Button small busy={busy} onClick={() => void again()}>
        <RotateCw size={15} aria-hidden /> {t('common.retry')}
      </Button>
    </div>
  )
}
