import { useT } from '../../i18n/i18n.ts'
import type { User } from '../../wire.ts'

/** The small mark by which nobody mistakes a character or a bot for a person. People wear none. */
export function KindMark({ user }: { user: User | undefined }) {
  const t = useT()
  if (!user?.bot) return null
  if (user.convive?.kind === 'character') {
    return (
      <span className="shrink-0 rounded-[5px] bg-character-soft px-1.5 py-px text-[11px] leading-4 font-semibold text-character">
        {t('kind.character')}
      </span>
    )
  }
  return (
    <span className="shrink-0 rounded-[5px] bg-accent-soft px-1.5 py-px text-[11px] leading-4 font-semibold text-accent-text">
      {t('kind.bot')}
    </span>
  )
}
