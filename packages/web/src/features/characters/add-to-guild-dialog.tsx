import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { addCharacterToGuild } from '../../connection/convive.ts'
import { guildIconUrl } from '../../connection/media.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInGuild } from '../../store/selectors.ts'
import { useDerived } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { tell } from '../../ui/toast.tsx'

interface AddToGuildDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  character: { id: string; name: string }
}

/** Brings a character to a guild that one manages. */
export function AddToGuildDialog({ open, onOpenChange, character }: AddToGuildDialogProps) {
  const t = useT()
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('characters.addTo', { name: character.name })}
      closeLabel={t('common.close')}
    >
      <GuildList character={character} onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

function GuildList({ character, onDone }: { character: { id: string; name: string }; onDone: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const [busyId, setBusyId] = useState<string | null>(null)
  const guilds = useDerived((state) =>
    state.guildIds
      .filter((id) => canInGuild(state, id, 'ManageGuild'))
      .flatMap((id) => {
        const guild = state.guilds[id]
        return guild
          ? [{ id, name: guild.name, icon: guild.icon, inside: character.id in (state.members[id] ?? {}) }]
          : []
      }),
  )
  const add = async (guildId: string) => {
    setBusyId(guildId)
    const went = await attempt(() => addCharacterToGuild(guildId, character.id))
    setBusyId(null)
    if (!went) return
    tell(t('characters.added', { name: character.name }))
    onDone()
    await navigate({ to: '/channels/$guildId', params: { guildId } })
  }
  if (guilds.length === 0) return <p className="text-muted">{t('characters.noGuild')}</p>
  return (
    <ul className="flex flex-col gap-1">
      {guilds.map((guild) => (
        <li key={guild.id} className="flex items-center gap-3 rounded-lg px-1 py-1.5">
          <Avatar id={guild.id} name={guild.name} src={guildIconUrl(guild)} size={36} square />
          <span className="min-w-0 flex-1 truncate">{guild.name}</span>
          <Button small disabled={guild.inside} busy={busyId === guild.id} onClick={() => void add(guild.id)}>
            {guild.inside ? t('characters.inside') : t('common.add')}
          </Button>
        </li>
      ))}
    </ul>
  )
}
