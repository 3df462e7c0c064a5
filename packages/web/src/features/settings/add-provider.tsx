import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { createProvider } from '../../connection/convive.ts'
import { ApiFailure } from '../../connection/rest.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { SwitchRow } from '../../ui/switch.tsx'
import { tell } from '../../ui/toast.tsx'
import { makeDefault } from './ollama.ts'
import { VENDORS } from './vendors.ts'

const PROVIDER_FAILED = 900_022

/** Connects a base model: a vendor's key, a server of one's own, or a file. It is tried before it is kept. */
export function AddProvider({ start, onDone }: { start: string; onDone: () => void }) {
  const t = useT()
  const queries = useQueryClient()
  const [vendorId, setVendorId] = useState(start)
  const vendor = VENDORS.find((candidate) => candidate.id === vendorId) ?? VENDORS[0]
  const [url, setUrl] = useState('')
  const [key, setKey] = useState('')
  const [model, setModel] = useState('')
  const [asDefault, setAsDefault] = useState(true)
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)
  if (!vendor) return null

  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setFailure(undefined)
    try {
      const baseUrl = url.trim() || vendor.base_url
      const provider = await createProvider({
        kind: vendor.kind,
        name: vendor.needs === 'file' ? fileName(url) : vendor.name,
        ...(baseUrl && { base_url: baseUrl }),
        ...(key.trim() && { api_key: key.trim() }),
        ...(model.trim() && { model: model.trim() }),
      })
      if (asDefault) await makeDefault(provider.id)
      await queries.invalidateQueries({ queryKey: ['models'] })
      tell(t('models.added', { name: provider.name }))
      onDone()
    } catch (error) {
      const said = error instanceof ApiFailure && error.code === PROVIDER_FAILED ? error.message : ''
      setFailure([failureText(error), said].filter(Boolean).join(' — '))
    } finally {
      setBusy(false)
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <SelectField
        label={t('models.vendor')}
        value={vendor.id}
        onChange={(event) => setVendorId(event.target.value)}
        options={VENDORS.map(({ id, name }) => ({
          value: id,
          label: id === 'gguf' ? t('models.ggufFile') : name,
        }))}
      />
      {vendor.needs === 'file' ? (
        <TextField
          label={t('models.path')}
          hint={t('models.pathHint')}
          value={url}
          onChange={(event) => setUrl(event.target.value)}
          required
          placeholder="/srv/models/qwen3-8b-q4.gguf"
        />
      ) : (
        <>
          <TextField
            label={t('models.key')}
            hint={vendor.needs === 'key' ? t('models.keyHint') : t('models.keyOptional')}
            type="password"
            autoComplete="off"
            value={key}
            onChange={(event) => setKey(event.target.value)}
            required={vendor.needs === 'key'}
          />
          {vendor.kind !== 'anthropic' && vendor.kind !== 'google' && (
            <TextField
              label={t('models.url')}
              value={url}
              onChange={(event) => setUrl(event.target.value)}
              placeholder={vendor.base_url}
            />
          )}
          <TextField
            label={t('models.model')}
            hint={t('models.modelHint')}
            value={model}
            onChange={(event) => setModel(event.target.value)}
          />
        </>
      )}
      <SwitchRow label={t('models.asDefault')} checked={asDefault} onChange={setAsDefault} />
      {failure && (
        <p role="alert" className="text-sm text-danger">
          {failure}
        </p>
      )}
      <Button type="submit" variant="primary" busy={busy}>
        {busy ? t('models.testing') : t('models.testAndAdd')}
      </Button>
    </form>
  )
}

const fileName = (path: string): string =>
  path
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/\.gguf$/i, '') || 'GGUF'
