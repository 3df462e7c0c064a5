import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Plus, Sparkles, Users, X } from 'lucide-react'
import { useState } from 'react'
import { deleteChannel } from '../../connection/discord.ts'
import { avatarUrl } from '../../connection/media.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { channelName, isUnread, privateChannels, relatedUsers } from '../../store/selectors.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { CHANNEL, type Channel, RELATIONSHIP } from '../../wire.ts'
import { KindMark } from '../members/kind-mark.tsx'
import { statusOf } from '../members/presence.ts'
import { NewGroupDialog } from './new-group-dialog.tsx'

/** Friends, characters, and one's DMs below. */
export function HomeSide() {
  const t = useT()
  const channels = useDerived(privateChannels)
  const incoming = useDerived((state) => relatedUsers(state, RELATIONSHIP.incoming)).length
  const [grouping, setGrouping] = useState(false)
  return (
    <nav aria-label={t('home.label')} className="flex h-full flex-col overflow-y-auto px-2 py-3">
      <Link
        to="/channels/@me"
        activeOptions={{ exact: true }}
        className={entry}
        activeProps={{ className: 'bg-active font-medium' }}
      >
        <Users size={19} aria-hidden />
        <span className="flex-1">{t('friends.title')}</span>
        {incoming > 0 && <Badge count={incoming} label={t('friends.pendingCount', { count: incoming })} />}
      </Link>
      <Link to="/characters" className={entry} activeProps={{ className: 'bg-active font-medium' }}>
        <Sparkles size={19} aria-hidden />
        {t('characters.title')}
      </Link>
      <div className="mt-4 mb-1 flex items-center px-2.5">
        <h2 className="flex-1 text-[13px] font-medium text-muted">{t('home.messages')}</h2>
        <IconButton small label={t('group.new')} onClick={() => setGrouping(true)}>
          <Plus size={17} />
        </IconButton>
      </div>
      {channels.length === 0 && <p className="px-2.5 py-2 text-sm text-muted">{t('home.noMessages')}</p>}
      <ul className="flex flex-col gap-0.5">
        {channels.map((channel) => (
          <PrivateChannelItem key={channel.id} channel={channel} />
        ))}
      </ul>
      <NewGroupDialog open={grouping} onOpenChange={setGrouping} />
    </nav>
  )
}

const entry = 'flex min-h-10 items-center gap-3 rounded-lg px-2.5 hover:bg-hover'

function PrivateChannelItem({ channel }: { channel: Channel }) {
  const t = useT()
  const navigate = useNavigate()
  const open = useParams({ strict: false }).channelId === channel.id
  const name = useStore((state) => channelName(state, channel))
  const unread = useStore((state) => isUnread(state, channel))
  const mentions = useStore((state) => state.reads[channel.id]?.mention_count ?? 0)
  const other = useStore((state) =>
    channel.type === CHANNEL.dm ? state.users[channel.recipients?.[0]?.id ?? ''] : undefined,
  )
  const status = useStore((state) => (other ? statusOf(state, other) : null))
  const hide = () =>
    attempt(async () => {
      await deleteChannel(channel.id)
      if (open) await navigate({ to: '/channels/@me' })
    })
  return (
    <li className="group relative">
      <Link
        to="/channels/@me/$channelId"
        params={{ channelId: channel.id }}
        className={classes(
          'flex min-h-11 items-center gap-2.5 rounded-lg px-2.5 hover:bg-hover',
          unread && !open ? 'font-semibold text-text' : 'text-muted',
        )}
        activeProps={{ className: 'bg-active text-text' }}
      >
        <Avatar
          id={other?.id ?? channel.id}
          name={name}
          src={other ? avatarUrl(other) : null}
          size={32}
          status={status}
        />
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-1.5">
            <span className="truncate">{name}</span>
            <KindMark user={other} />
          </span>
          {channel.type === CHANNEL.group && (
            <span className="block text-[13px] font-normal text-muted">
              {t('group.members', { count: (channel.recipients?.length ?? 0) + 1 })}
            </span>
          )}
        </span>
        {mentions > 0 && !open && (
          <Badge count={mentions} label={t('unread.mentions', { count: mentions })} />
        )}
      </Link>
      <IconButton
        small
        label={channel.type === CHANNEL.group ? t('group.leave') : t('dm.close')}
        onClick={() => void hide()}
        className="absolute top-2 right-1.5 bg-side opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
      >
        <X size={15} />
      </IconButton>
    </li>
  )
}

function Badge({ count, label }: { count: number; label: string }) {
  return (
    <span className="min-w-5 rounded-full bg-badge px-1.5 text-center text-xs leading-5 font-semibold text-white">
      <span aria-hidden>{count > 99 ? '99+' : count}</span>
      <span className="sr-only">{label}</span>
    </span>
  )
}
