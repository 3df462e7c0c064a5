import { LIMITS } from '@convive/protocol/limits'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { addToGroup, openDm, openGroup } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'
import { useDerived } from '../../store/store.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { RELATIONSHIP, type User } from '../../wire.ts'
import { PeoplePicker } from './people-picker.tsx'

interface NewGroupDialogProps {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** A group that gets more people, instead of a new one. */
  channelId?: string
}

// Friends, and everybody one already has a DM with: characters are found so.
function candidates(state: State, channelId: string | undefined): User[] {
  const inside = new Set((channelId ? state.channels[channelId]?.recipients : [])?.map((user) => user.id))
  const friends = Object.keys(state.relationships).filter(
    (id) => state.relationships[id] === RELATIONSHIP.friend,
  )
  const talkedTo = Object.values(state.channels).flatMap((channel) =>
    channel.guild_id ? [] : (channel.recipients ?? []).map((user) => user.id),
  )
  const ids = new Set([...friends, ...talkedTo])
  return [...ids]
    .filter(
      (id) => id !== state.me?.id && !inside.has(id) && state.relationships[id] !== RELATIONSHIP.blocked,
    )
    .flatMap((id) => state.users[id] ?? [])
    .sort((a, b) => userName(a).localeCompare(userName(b)))
}

/** Starts a group of people and characters, or adds to one. */
export function NewGroupDialog({ open, onOpenChange, channelId }: NewGroupDialogProps) {
  const t = useT()
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={channelId ? t('group.add') : t('group.new')}
      description={t('group.text', { max: LIMITS.groupRecipients })}
      closeLabel={t('common.close')}
    >
      <Form channelId={channelId} onDone={() => onOpenChange(false)} />
    </Dialog>
  )
}

function Form({ channelId, onDone }: { channelId: string | undefined; onDone: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const people = useDerived((state) => candidates(state, channelId))
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [busy, setBusy] = useState(false)
  const submit = async () => {
    setBusy(true)
    const went = await attempt(async () => {
      if (channelId) {
        for (const id of chosen) await addToGroup(channelId, id)
        return
      }
      const [first] = chosen
      const channel = chosen.length === 1 && first ? await openDm(first) : await openGroup([...chosen])
      await navigate({ to: '/channels/@me/$channelId', params: { channelId: channel.id } })
    })
    setBusy(false)
    if (went) onDone()
  }
  return (
    <div className="flex flex-col gap-4">
      <PeoplePicker
        people={people}
        chosen={chosen}
        onChange={setChosen}
        max={LIMITS.groupRecipients - 1}
        emptyText={t('group.nobody')}
      />
      <Button variant="primary" busy={busy} disabled={chosen.length === 0} onClick={() => void submit()}>
        {channelId ? t('group.add') : chosen.length > 1 ? t('group.create') : t('group.openDm')}
      </Button>
    </div>
  )
}
