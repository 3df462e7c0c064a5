import { useQuery } from '@tanstack/react-query'
import { Lightbulb, X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { listModels } from '../../connection/convive.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { translateIn, useT } from '../../i18n/i18n.ts'
import { setPreference, usePreference } from '../../store/preferences.ts'
import { useStore } from '../../store/store.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFoundOllama } from '../settings/ollama.ts'

const AddProvider = lazy(async () => ({
  default: (await import('../settings/add-provider.tsx')).AddProvider,
}))

/** Beside the first answer of the bundled model in a room: what would be better, in one step. In both languages, for the model itself knows only one. */
export function BundledNote() {
  const t = useT()
  const closed = usePreference('bundledNoteClosed')
  const owner = useStore((state) => state.instance?.is_owner ?? false)
  if (closed) return null
  return (
    <aside
      aria-label={t('bundled.label')}
      className="mt-2 max-w-xl rounded-xl border border-line bg-side px-4 py-3 text-sm"
    >
      <div className="flex items-start gap-2.5">
        <Lightbulb size={17} aria-hidden className="mt-0.5 shrink-0 text-accent-text" />
        <div className="flex-1">
          <p lang="en">{translateIn('en', owner ? 'bundled.owner' : 'bundled.guest')}</p>
          <p lang="zh-CN" className="mt-1">
            {translateIn('zh-CN', owner ? 'bundled.owner' : 'bundled.guest')}
          </p>
        </div>
        <IconButton small label={t('common.close')} onClick={() => setPreference('bundledNoteClosed', true)}>
          <X size={15} />
        </IconButton>
      </div>
      {owner && <BetterModels />}
    </aside>
  )
}

function BetterModels() {
  const t = useT()
  const models = useQuery({ queryKey: ['models', 'list'], queryFn: listModels })
  const [kind, setKind] = useState<'key' | 'gguf' | null>(null)
  const [busy, setBusy] = useState(false)
  const takeOllama = useFoundOllama()
  const found = models.data?.ollama_found
  const take = async () => {
    if (!found) return
    setBusy(true)
    await attempt(() => takeOllama(found))
    setBusy(false)
  }
  return (
    <div className="mt-3 flex flex-wrap gap-2">
      {found && (
        <Button small variant="primary" busy={busy} onClick={() => void take()}>
          {t('bundled.ollama', { model: found.models[0] ?? '' })}
        </Button>
      )}
      <Button small variant={found ? 'plain' : 'primary'} onClick={() => setKind('key')}>
        {t('bundled.key')}
      </Button>
      <Button small onClick={() => setKind('gguf')}>
        {t('bundled.gguf')}
      </Button>
      <Dialog
        open={kind !== null}
        onOpenChange={(open) => !open && setKind(null)}
        title={t('models.add')}
        closeLabel={t('common.close')}
      >
        <Suspense>
          <AddProvider start={kind === 'gguf' ? 'gguf' : 'deepseek'} onDone={() => setKind(null)} />
        </Suspense>
      </Dialog>
    </div>
  )
}
