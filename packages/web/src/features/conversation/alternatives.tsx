import { ChevronLeft, ChevronRight, RefreshCw } from 'lucide-react'
import { regenerate, showAlternative } from '../../connection/convive.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { updateMessage } from '../../store/apply-messages.ts'
import { changeState } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import type { Message } from '../../wire.ts'

/** Arrows through the answers that a character gave to the same thing; past the last one it writes another. */
export function Alternatives({ message, last }: { message: Message; last: boolean }) {
  const t = useT()
  const alternatives = message.convive?.alternatives
  if (!alternatives || alternatives.count < 2) return null
  const { index, count } = alternatives
  const show = (next: number) =>
    void attempt(async () => {
      const changed = await showAlternative(message.channel_id, message.id, next)
      changeState((state) => updateMessage(state, changed))
    })
  return (
    <fieldset
      aria-label={t('alternatives.label')}
      className="-ml-1.5 flex items-center text-[13px] text-muted"
    >
      <IconButton
        small
        label={t('alternatives.previous')}
        disabled={index === 0}
        onClick={() => show(index - 1)}
      >
        <ChevronLeft size={16} />
      </IconButton>
      <span aria-live="polite">{t('alternatives.at', { index: index + 1, total: count })}</span>
      {index < count - 1 ? (
        <IconButton small label={t('alternatives.next')} onClick={() => show(index + 1)}>
          <ChevronRight size={16} />
        </IconButton>
      ) : (
        last && (
          <IconButton
            small
            label={t('message.regenerate')}
            onClick={() => void attempt(() => regenerate(message.channel_id, message.id))}
          >
            <RefreshCw size={14} />
          </IconButton>
        )
      )}
    </fieldset>
  )
}
