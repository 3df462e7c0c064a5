import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { deleteChannel, updateChannel } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel } from '../../store/selectors.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextArea, TextField } from '../../ui/field.tsx'
import { tell } from '../../ui/toast.tsx'
import { CHANNEL, type Channel } from '../../wire.ts'
import { ChannelOverwrites } from './channel-overwrites.tsx'
import { channelSlug } from './create-channel-dialog.tsx'

/** A channel's name, topic, place and who may do what in it. */
export function ChannelSettings({ channelId, onClose }: { channelId: string; onClose: () => void }) {
  const t = useT()
  const channel = useStore((state) => state.channels[channelId])
  const mayManage = useStore((state) => canInChannel(state, channel, 'ManageChannels'))
  const mayOverwrite = useStore((state) => canInChannel(state, channel, 'ManageRoles'))
  if (!channel) return null
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('channel.settings', { name: channel.name ?? '' })}
      closeLabel={t('common.close')}
      wide
    >
      {mayManage && <Basics channel={channel} onClose={onClose} />}
      {mayOverwrite && <ChannelOverwrites channel={channel} />}
      {mayManage && <Delete channel={channel} onClose={onClose} />}
    </Dialog>
  )
}

function Basics({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useT()
  const isCategory = channel.type === CHANNEL.category
  const [name, setName] = useState(channel.name ?? '')
  const [topic, setTopic] = useState(channel.topic ?? '')
  const [parent, setParent] = useState(channel.parent_id ?? '')
  const [busy, setBusy] = useState(false)
  const categories = useDerived((state) =>
    Object.values(state.channels)
      .filter((other) => other.guild_id === channel.guild_id && other.type === CHANNEL.category)
      .map((other) => ({ value: other.id, label: other.name ?? '' })),
  )
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    const body = isCategory
      ? { name: name.trim() }
      : { name: channelSlug(name), topic: topic.trim() || null, parent_id: parent || null }
    if (await attempt(() => updateChannel(channel.id, body))) {
      tell(t('common.saved'))
      onClose()
    }
    setBusy(false)
  }
  return (
    <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
      <TextField
        label={t('channel.name')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        required
        maxLength={100}
      />
      {!isCategory && (
        <>
          <TextArea
            label={t('channel.topic')}
            hint={t('channel.topicHint')}
            value={topic}
            onChange={(event) => setTopic(event.target.value)}
            maxLength={1024}
            rows={2}
          />
          <SelectField
            label={t('channel.category')}
            value={parent}
            onChange={(event) => setParent(event.target.value)}
            options={[{ value: '', label: t('channel.noCategory') }, ...categories]}
          />
        </>
      )}
      <Button type="submit" variant="primary" busy={busy} className="self-start">
        {t('common.save')}
      </Button>
    </form>
  )
}

function Delete({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const params = useParams({ strict: false })
  const [asking, setAsking] = useState(false)
  const remove = () =>
    attempt(async () => {
      await deleteChannel(channel.id)
      onClose()
      if (params.channelId === channel.id && channel.guild_id)
        await navigate({ to: '/channels/$guildId', params: { guildId: channel.guild_id } })
    })
  return (
    <div className="mt-6 border-t border-line pt-4">
      <Button variant="danger" onClick={() => setAsking(true)}>
        {t('channel.delete')}
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('channel.deleteTitle', { name: channel.name ?? '' })}
        description={t('channel.deleteText')}
        confirmLabel={t('channel.delete')}
        cancelLabel={t('common.cancel')}
        onConfirm={remove}
      />
    </div>
  )
}
