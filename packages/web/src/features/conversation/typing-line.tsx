import { useEffect, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { memberName } from '../../store/selectors.ts'
import { useDerived } from '../../store/store.ts'

/** Who is typing, under the composer. Characters with a draft show themselves. */
export function TypingLine({ channelId, guildId }: { channelId: string; guildId: string | undefined }) {
  const t = useT()
  const [now, setNow] = useState(() => Date.now())
  const names = useDerived((state) => {
    const drafting = new Set(state.drafts[channelId]?.map((draft) => draft.character_id))
    return Object.entries(state.typing[channelId] ?? {})
      .filter(([id, until]) => until > now && !drafting.has(id))
      .flatMap(([id]) => {
        const user = state.users[id]
        return user ? [memberName(state, guildId, user)] : []
      })
  })
  const some = names.length > 0
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), some ? 1000 : 3000)
    return () => clearInterval(timer)
  }, [some])
  const text =
    names.length === 0
      ? ''
      : names.length === 1
        ? t('typing.one', { name: names[0] ?? '' })
        : names.length <= 3
          ? t('typing.few', { names: names.join(', ') })
          : t('typing.many')
  return (
    <p aria-live="off" className="h-6 shrink-0 truncate px-5 text-[13px] leading-6 text-muted">
      {text}
    </p>
  )
}
