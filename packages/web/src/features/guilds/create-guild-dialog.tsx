import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createGuild } from '../../connection/discord.ts'
import { readDataUri } from '../../connection/media.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import { getState, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { FileButton } from '../../ui/file-button.tsx'

/** A new guild of one's own, or one joined by an invite. */
export function CreateGuildDialog({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const t = useT()
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('createGuild.title')}
      description={t('createGuild.text')}
      closeLabel={t('common.close')}
    >
      <Create onDone={() => onOpenChange(false)} />
      <div className="my-5 flex items-center gap-3 text-sm text-muted">
        <span className="h-px flex-1 bg-line" />
        {t('createGuild.or')}
        <span className="h-px flex-1 bg-line" />
      </div>
      <Join onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

function Create({ onDone }: { onDone: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const me = useStore((state) => state.me)
  const [name, setName] = useState(() => t('createGuild.defaultName', { name: userName(me ?? undefined) }))
  const [icon, setIcon] = useState<string | null>(null)
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setFailure(undefined)
    try {
      const guild = await createGuild({ name: name.trim(), ...(icon && { icon }) })
      onDone()
      await arrived(guild.id)
      await navigate({ to: '/channels/$guildId', params: { guildId: guild.id } })
    } catch (error) {
      setFailure(failureText(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <div className="flex items-center gap-4">
        <Avatar id={me?.id ?? ''} name={name || '?'} src={icon} size={64} square />
        <FileButton
          small
          accept="image/png,image/jpeg,image/webp,image/gif"
          label={t('createGuild.icon')}
          onFile={(file) => void readDataUri(file).then(setIcon)}
        >
          {t('createGuild.icon')}
        </FileButton>
      </div>
      <TextField
        label={t('createGuild.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        required
        minLength={2}
        maxLength={100}
        error={failure}
      />
      <Button type="submit" variant="primary" busy={busy} disabled={name.trim().length < 2}>
        {t('createGuild.create')}
      </Button>
    </form>
  )
}

function Join({ onDone }: { onDone: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const [code, setCode] = useState('')
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        const found = inviteCode(code)
        if (!found) return
        onDone()
        void navigate({ to: '/invite/$code', params: { code: found } })
      }}
    >
      <TextField
        label={t('createGuild.invite')}
        hint={t('createGuild.inviteHint', { origin: location.origin })}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        autoComplete="off"
        autoCapitalize="none"
      />
      <Button type="submit" disabled={!inviteCode(code)}>
        {t('createGuild.join')}
      </Button>
    </form>
  )
}

/** The code in what somebody pasted: a whole link or the code alone. */
export function inviteCode(text: string): string | null {
  return /([\w-]{2,32})\/?$/.exec(text.trim())?.[1] ?? null
}

const ARRIVAL_MS_MAX = 3000

/** Resolves when the guild is in the store; the gateway brings it a moment after the answer. */
export async function arrived(guildId: string): Promise<void> {
  const until = Date.now() + ARRIVAL_MS_MAX
  while (!(guildId in getState().guilds) && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50))
}
