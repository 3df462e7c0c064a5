import type { ModelList, ProviderInfo } from '@convive/protocol/models'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Cpu, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { deleteProvider, listModels, listProviders, setDefaultModel } from '../../connection/convive.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { useStore } from '../../store/store.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx'
import { SelectField } from '../../ui/field.tsx'
import { tell } from '../../ui/toast.tsx'
import { AddProvider } from './add-provider.tsx'
import { useFoundOllama } from './ollama.ts'
import { Section } from './section.tsx'

/** The base models of this instance. Its owner connects and chooses; others see what there is. */
export function ModelSettings() {
  const t = useT()
  const owner = useStore((state) => state.instance?.is_owner ?? false)
  const models = useQuery({ queryKey: ['models', 'list'], queryFn: listModels })
  if (models.isError) return <p className="text-danger">{failureText(models.error)}</p>
  if (!models.data) return null
  return (
    <>
      {owner && models.data.ollama_found && <FoundOllama found={models.data.ollama_found} />}
      <DefaultModel list={models.data} owner={owner} />
      {owner ? (
        <Providers list={models.data} />
      ) : (
        <p className="text-sm text-muted">{t('models.ownerOnly')}</p>
      )}
    </>
  )
}

function FoundOllama({ found }: { found: NonNullable<ModelList['ollama_found']> }) {
  const t = useT()
  const take = useFoundOllama()
  const [busy, setBusy] = useState(false)
  const use = async () => {
    setBusy(true)
    await attempt(() => take(found))
    setBusy(false)
  }
  return (
    <div className="mb-8 flex flex-wrap items-center gap-3 rounded-xl bg-accent-soft p-4">
      <Cpu size={22} aria-hidden className="text-accent-text" />
      <p className="min-w-48 flex-1">
        {t('models.ollamaFound', { models: found.models.slice(0, 4).join(', ') })}
      </p>
      <Button variant="primary" busy={busy} onClick={() => void use()}>
        {t('models.useOllama')}
      </Button>
    </div>
  )
}

function DefaultModel({ list, owner }: { list: ModelList; owner: boolean }) {
  const t = useT()
  const queries = useQueryClient()
  const choose = (id: string) =>
    attempt(async () => {
      queries.setQueryData(['models', 'list'], await setDefaultModel(id))
      tell(t('common.saved'))
    })
  const current = list.models.find((model) => model.id === list.default_model)
  return (
    <Section title={t('models.default')} text={t('models.defaultText')}>
      <SelectField
        label={t('models.default')}
        labelHidden
        disabled={!owner}
        value={list.default_model}
        onChange={(event) => void choose(event.target.value)}
        options={list.models.map((model) => ({
          value: model.id,
          label: model.english_only ? t('models.englishOnly', { name: model.label }) : model.label,
        }))}
      />
      {current?.bundled && <p className="text-sm text-muted">{t('models.bundledText')}</p>}
    </Section>
  )
}

function Providers({ list }: { list: ModelList }) {
  const t = useT()
  const providers = useQuery({ queryKey: ['models', 'providers'], queryFn: listProviders })
  const [adding, setAdding] = useState(false)
  return (
    <Section title={t('models.providers')} text={t('models.providersText')}>
      <ul className="divide-y divide-line rounded-xl border border-line">
        {providers.data?.map((provider) => (
          <Provider
            key={provider.id}
            provider={provider}
            trouble={list.unreachable.find((entry) => entry.provider_id === provider.id)?.message}
          />
        ))}
      </ul>
      <Button className="self-start" onClick={() => setAdding(true)}>
        <Plus size={17} aria-hidden /> {t('models.add')}
      </Button>
      <Dialog
        open={adding}
        onOpenChange={setAdding}
        title={t('models.add')}
        description={t('models.addText')}
        closeLabel={t('common.close')}
      >
        <AddProvider start="deepseek" onDone={() => setAdding(false)} />
      </Dialog>
    </Section>
  )
}

function Provider({ provider, trouble }: { provider: ProviderInfo; trouble: string | undefined }) {
  const t = useT()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const details = [
    provider.kind === 'bundled' ? t('models.bundled') : provider.base_url,
    provider.key_hint && t('models.keyEnds', { hint: provider.key_hint }),
  ]
  const remove = () =>
    attempt(async () => {
      await deleteProvider(provider.id)
      await queries.invalidateQueries({ queryKey: ['models'] })
    })
  return (
    <li className="flex items-center gap-3 px-4 py-3">
      <Cpu size={20} aria-hidden className="shrink-0 text-muted" />
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium">{provider.name}</p>
        <p className="truncate text-[13px] text-muted">{details.filter(Boolean).join(' · ')}</p>
        {trouble && <p className="text-[13px] text-danger">{t('models.unreachable', { reason: trouble })}</p>}
        {provider.managed && provider.kind !== 'bundled' && (
          <p className="text-[13px] text-muted">{t('models.managed')}</p>
        )}
      </div>
      {!provider.managed && provider.kind !== 'bundled' && (
        <IconButton label={t('models.remove', { name: provider.name })} onClick={() => setAsking(true)}>
          <Trash2 size={18} />
        </IconButton>
      )}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('models.remove', { name: provider.name })}
        description={t('models.removeText')}
        confirmLabel={t('common.remove')}
        cancelLabel={t('common.cancel')}
        onConfirm={remove}
      />
    </li>
  )
}
