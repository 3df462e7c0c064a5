import type { ErrorComponentProps } from '@tanstack/react-router'
import { TriangleAlert } from 'lucide-react'
import { useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'

/** Our own mistake: says so, and offers the page anew. */
export function BrokenPage({ error }: ErrorComponentProps) {
  const t = useT()
  return (
    <main className="flex h-full flex-col items-center justify-center">
      <Empty page icon={<TriangleAlert size={26} />} title={t('broken.title')} text={t('broken.text')}>
        <Button variant="primary" onClick={() => location.reload()}>
          {t('broken.reload')}
        </Button>
      </Empty>
      <pre className="max-w-lg px-6 text-xs whitespace-pre-wrap text-muted">
        {error instanceof Error ? error.message : String(error)}
      </pre>
    </main>
  )
}
