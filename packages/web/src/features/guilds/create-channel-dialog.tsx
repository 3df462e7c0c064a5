import { Permission } from '@convive/protocol/permissions'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createChannel } from '../../connection/discord.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { applyChannel } from '../../store/apply-guilds.ts'
import { changeState } from '../../store/store.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { SwitchRow } from '../../ui/switch.tsx'
import { CHANNEL } from '../../wire.ts'

interface CreateChannelDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  guildId: string
  category: boolean
  parentId: string | null
}

/** A new channel, or a category for some. */
export function CreateChannelDialog(props: CreateChannelDialogProps) {
  const t = useT()
  return (
    <Dialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title={props.category ? t('channel.createCategory') : t('channel.create')}
      closeLabel={t('common.close')}
    >
      <Form {...props} />
    </Dialog>
  )
}

function Form({ onOpenChange, guildId, category, parentId }: CreateChannelDialogProps) {
  const t = useT()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [isPrivate, setPrivate] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      const hidden = { id: guildId, type: 0, allow: '0', deny: String(Permission.ViewChannel) }
      const channel = await createChannel(guildId, {
        name: category ? name.trim() : channelSlug(name),
        type: category ? CHANNEL.category : CHANNEL.text,
        ...(parentId && { parent_id: parentId }),
        ...(isPrivate && { permission_overwrites: [hidden] }),
      })
      changeState((state) => applyChannel(state, { ...channel, guild_id: guildId }))
      onOpenChange(false)
      if (!category)
        await navigate({ to: '/channels/$guildId/$channelId', params: { guildId, channelId: channel.id } })
    } catch (error) {
      setFailure(failureText(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3">
      <TextField
        label={t('channel.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        required
        maxLength={100}
        error={failure}
      />
      <SwitchRow
        label={t('channel.private')}
        hint={t('channel.privateHint')}
        checked={isPrivate}
        onChange={setPrivate}
      />
      <Button type="submit" variant="primary" busy={busy} disabled={!name.trim()}>
        {t('common.create')}
      </Button>
    </form>
  )
}

/** A channel's name as Discord writes it: small letters, hyphens for spaces. */
export function channelSlug(name: string): string {
  return name.trim().toLowerCase().replace(/\s+/g, '-')
}
