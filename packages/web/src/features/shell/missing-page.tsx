import { Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { useT } from '../../i18n/i18n.ts'
import { Empty } from '../../ui/empty.tsx'

/** An address that leads nowhere. */
export function MissingPage() {
  const t = useT()
  return (
    <main className="flex h-full items-center justify-center">
      <Empty page icon={<Compass size={26} />} title={t('missing.title')} text={t('missing.text')}>
        <Link to="/channels/@me" className="rounded-lg bg-accent px-4 py-2 font-medium text-on-accent">
          {t('missing.home')}
        </Link>
      </Empty>
    </main>
  )
}
