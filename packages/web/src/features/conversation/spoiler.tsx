import { type ReactNode, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'

/** Hidden until somebody wants to know. */
export function Spoiler({ children }: { children: ReactNode }) {
  const t = useT()
  const [shown, setShown] = useState(false)
  if (shown) return <span className="rounded-[4px] bg-active px-1">{children}</span>
  return (
    <button
      type="button"
      aria-label={t('spoiler.show')}
      onClick={() => setShown(true)}
      className="rounded-[4px] bg-text px-1 select-none"
    >
      <span aria-hidden inert className="invisible">
        {children}
      </span>
    </button>
  )
}
