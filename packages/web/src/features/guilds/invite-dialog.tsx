import { Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { createInvite } from '../../connection/discord.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { tell } from '../../ui/toast.tsx'

interface InviteDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  channelId: string
  guildName: string
}

/** A link by which others come in. */
export function InviteDialog({ open, onOpenChange, channelId, guildName }: InviteDialogProps) {
  const t = useT()
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('invite.to', { name: guildName })}
      description={t('invite.text')}
      closeLabel={t('common.close')}
    >
      <InviteForm channelId={channelId} />
    </Dialog>
  )
}

const DAY_S = 86_400
const ages = [String(DAY_S / 24), String(DAY_S), String(7 * DAY_S), '0'] as const
const uses = ['0', '1', '5', '25', '100'] as const

function InviteForm({ channelId }: { channelId: string }) {
  const t = useT()
  const [age, setAge] = useState<string>(ages[2])
  const [limit, setLimit] = useState<string>(uses[0])
  const [link, setLink] = useState('')
  const [failure, setFailure] = useState<string>()
  useEffect(() => {
    let current = true
    setLink('')
    createInvite(channelId, { max_age: Number(age), max_uses: Number(limit) })
      .then((invite) => current && setLink(`${location.origin}/invite/${invite.code}`))
      .catch((error: unknown) => current && setFailure(failureText(error)))
    return () => {
      current = false
    }
  }, [channelId, age, limit])
  const copy = () =>
    attempt(async () => {
      await navigator.clipboard.writeText(link)
      tell(t('common.copied'))
    })
  const ageLabels = [t('invite.hour'), t('invite.day'), t('invite.week'), t('invite.never')]
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-end gap-2">
        <TextField
          className="flex-1"
          label={t('invite.link')}
          value={link}
          readOnly
          error={failure}
          onFocus={(event) => event.target.select()}
        />
        <Button variant="primary" disabled={!link} onClick={() => void copy()}>
          <Copy size={16} aria-hidden /> {t('common.copy')}
        </Button>
      </div>
      <div className="grid grid-cols-2 gap-3">
        <SelectField
          label={t('invite.expires')}
          value={age}
          onChange={(event) => setAge(event.target.value)}
          options={ages.map((value, index) => ({ value, label: ageLabels[index] ?? value }))}
        />
        <SelectField
          label={t('invite.uses')}
          value={limit}
          onChange={(event) => setLimit(event.target.value)}
          options={uses.map((value) => ({ value, label: value === '0' ? t('invite.unlimited') : value }))}
        />
      </div>
    </div>
  )
}
