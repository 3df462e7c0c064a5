import { Hash, Pin, UserPlus, Users } from 'lucide-react'
import { useState } from 'react'
import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { setPreference, usePreference } from '../../store/preferences.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { Popover } from '../../ui/popover.tsx'
import { CHANNEL, type Channel } from '../../wire.ts'
import { NewGroupDialog } from '../friends/new-group-dialog.tsx'
import { KindMark } from '../members/kind-mark.tsx'
import { statusOf } from '../members/presence.ts'
import { setDrawer, useNarrow } from '../shell/narrow.ts'
import { PageHeader } from '../shell/page-header.tsx'
import { Pins } from './pins.tsx'

/** Above a conversation: what it is called and about, its pins and members. */
export function ConversationHeader({
  channel,
  name,
  hasPanel,
}: {
  channel: Channel
  name: string
  hasPanel: boolean
}) {
  const t = useT()
  const narrow = useNarrow()
  const [pinsOpen, setPinsOpen] = useState(false)
  const [adding, setAdding] = useState(false)
  const membersShown = usePreference('membersShown')
  const other = useStore((state) =>
    channel.type === CHANNEL.dm ? state.users[channel.recipients?.[0]?.id ?? ''] : undefined,
  )
  const status = useStore((state) => (other ? statusOf(state, other) : null))
  const icon = other ? (
    <Avatar id={other.id} name={name} src={avatarUrl(other)} size={28} status={status} />
  ) : channel.type === CHANNEL.group ? (
    <Users size={20} />
  ) : (
    <Hash size={20} />
  )
  return (
    <PageHeader icon={icon} title={name}>
      <KindMark user={other} />
      {channel.topic ? (
        <p
          title={channel.topic}
          className="min-w-0 flex-1 truncate border-l border-line pl-3 text-sm text-muted max-sm:invisible"
        >
          {channel.topic}
        </p>
      ) : (
        <span className="flex-1" />
      )}
      {channel.type === CHANNEL.group && (
        <IconButton label={t('group.add')} onClick={() => setAdding(true)}>
          <UserPlus size={19} />
        </IconButton>
      )}
      <Popover
        label={t('pins.title')}
        open={pinsOpen}
        onOpenChange={setPinsOpen}
        className="w-96"
        trigger={
          <IconButton label={t('pins.title')}>
            <Pin size={19} />
          </IconButton>
        }
      >
        <Pins channel={channel} onDone={() => setPinsOpen(false)} />
      </Popover>
      {hasPanel && (
        <IconButton
          label={t('members.toggle')}
          aria-pressed={narrow ? undefined : membersShown}
          onClick={() => (narrow ? setDrawer('right', true) : setPreference('membersShown', !membersShown))}
        >
          <Users size={19} />
        </IconButton>
      )}
      <NewGroupDialog open={adding} onOpenChange={setAdding} channelId={channel.id} />
    </PageHeader>
  )
}
