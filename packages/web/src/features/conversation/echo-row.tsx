import { FileText, RotateCw } from 'lucide-react'
import { useT } from '../../i18n/i18n.ts'
import type { Echo } from '../../store/state.ts'
import { useStore } from '../../store/store.ts'
import { Markdown } from './markdown.tsx'
import { MessageFrame } from './message-frame.tsx'
import { discard, resend } from './sending.ts'

/** A message of one's own on its way, or one that did not get through. */
export function EchoRow({ channelId, echo, grouped }: { channelId: string; echo: Echo; grouped: boolean }) {
  const t = useT()
  const me = useStore((state) => state.me)
  if (!me) return null
  return (
    <div aria-busy={echo.failure === null}>
      <MessageFrame author={me} timeMs={echo.created_at} grouped={grouped} faded={echo.failure === null}>
        {echo.content && <Markdown text={echo.content} />}
        {echo.attachments.map((file) => (
          <p key={file.filename} className="flex items-center gap-2 text-sm text-muted">
            <FileText size={16} aria-hidden /> {file.filename} — {t('echo.uploading')}
          </p>
        ))}
      </MessageFrame>
      {echo.failure !== null && (
        <p
          role="alert"
          className="flex flex-wrap items-center gap-x-3 gap-y-1 pr-4 pb-1 pl-17 text-[13px] text-danger sm:pl-19"
        >
          {t('echo.failed', { reason: echo.failure })}
          <button
            type="button"
            onClick={() => void resend(channelId, echo.nonce)}
            className="flex items-center gap-1 font-medium underline underline-offset-2"
          >
            <RotateCw size={13} aria-hidden /> {t('common.retry')}
          </button>
          <button
            type="button"
            onClick={() => discard(channelId, echo.nonce)}
            className="underline underline-offset-2"
          >
            {t('echo.discard')}
          </button>
        </p>
      )}
    </div>
  )
}
