import { Link, useNavigate } from '@tanstack/react-router'
import { Check, MessageCircle, MoreHorizontal, UserPlus, Users, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { acceptFriend, blockUser, endRelationship, openDm } from '../../connection/discord.ts'
import { avatarUrl } from '../../connection/media.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { type TextKey, useT } from '../../i18n/i18n.ts'
import { relatedUsers, userName } from '../../store/selectors.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { Empty } from '../../ui/empty.tsx'
import { Menu } from '../../ui/menu.tsx'
import { RELATIONSHIP, type User } from '../../wire.ts'
import { KindMark } from '../members/kind-mark.tsx'
import { statusOf } from '../members/presence.ts'
import { PageHeader } from '../shell/page-header.tsx'
import { AddFriend } from './add-friend.tsx'

type Tab = 'online' | 'all' | 'pending' | 'blocked' | 'add'

const tabs: [Tab, TextKey][] = [
  ['online', 'friends.online'],
  ['all', 'friends.all'],
  ['pending', 'friends.pending'],
  ['blocked', 'friends.blocked'],
  ['add', 'friends.add'],
]

/** Friends by what they are to one: online, all, pending, blocked; and a way to find new ones. */
export function FriendsPage() {
  const t = useT()
  const [tab, setTab] = useState<Tab>('online')
  return (
    <main className="flex h-full flex-col">
      <PageHeader icon={<Users size={20} />} title={t('friends.title')}>
        <div role="tablist" aria-label={t('friends.title')} className="flex min-w-0 gap-1 overflow-x-auto">
          {tabs.map(([id, label]) => (
            <button
              key={id}
              type="button"
              role="tab"
              aria-selected={tab === id}
              aria-controls="friends-panel"
              onClick={() => setTab(id)}
              className={classes(
                'shrink-0 rounded-md px-3 py-1 text-sm',
                tab === id ? 'bg-active font-medium' : 'text-muted hover:bg-hover',
                id === 'add' && 'text-accent-text',
              )}
            >
              {t(label)}
            </button>
          ))}
        </div>
      </PageHeader>
      <div
        id="friends-panel"
        role="tabpanel"
        aria-label={t('friends.title')}
        className="min-h-0 flex-1 overflow-y-auto p-4 sm:p-6"
      >
        <Panel tab={tab} onAdd={() => setTab('add')} />
      </div>
    </main>
  )
}

function Panel({ tab, onAdd }: { tab: Tab; onAdd: () => void }) {
  const t = useT()
  const friends = useDerived((state) => relatedUsers(state, RELATIONSHIP.friend))
  const online = useDerived((state) =>
    relatedUsers(state, RELATIONSHIP.friend).filter((user) => statusOf(state, user) !== 'offline'),
  )
  const incoming = useDerived((state) => relatedUsers(state, RELATIONSHIP.incoming))
  const outgoing = useDerived((state) => relatedUsers(state, RELATIONSHIP.outgoing))
  const blocked = useDerived((state) => relatedUsers(state, RELATIONSHIP.blocked))
  const addButton = (
    <button
      type="button"
      onClick={onAdd}
      className="rounded-lg bg-accent px-4 py-2 font-medium text-on-accent"
    >
      {t('friends.add')}
    </button>
  )
  switch (tab) {
    case 'add':
      return <AddFriend />
    case 'pending':
      if (incoming.length + outgoing.length === 0)
        return (
          <Empty
            icon={<UserPlus size={26} />}
            title={t('friends.noPending')}
            text={t('friends.noPendingText')}
          />
        )
      return (
        <>
          <List
            title={t('friends.incoming', { count: incoming.length })}
            users={incoming}
            actions={(user) => <Incoming user={user} />}
          />
          <List
            title={t('friends.outgoing', { count: outgoing.length })}
            users={outgoing}
            actions={(user) => <Withdraw user={user} label={t('friends.withdraw')} />}
          />
        </>
      )
    case 'blocked':
      if (blocked.length === 0)
        return (
          <Empty
            icon={<Users size={26} />}
            title={t('friends.noBlocked')}
            text={t('friends.noBlockedText')}
          />
        )
      return (
        <List
          title={t('friends.blockedCount', { count: blocked.length })}
          users={blocked}
          actions={(user) => <Withdraw user={user} label={t('friends.unblock')} />}
        />
      )
    case 'online':
    case 'all': {
      const shown = tab === 'all' ? friends : online
      if (friends.length === 0)
        return (
          <Empty icon={<Users size={26} />} title={t('friends.none')} text={t('friends.noneText')}>
            {addButton}
            <Link
              to="/characters"
              className="rounded-lg border border-line bg-raised px-4 py-2 font-medium hover:bg-active"
            >
              {t('friends.meetCharacters')}
            </Link>
          </Empty>
        )
      if (shown.length === 0)
        return (
          <Empty
            icon={<Users size={26} />}
            title={t('friends.noneOnline')}
            text={t('friends.noneOnlineText')}
          />
        )
      const title =
        tab === 'all'
          ? t('friends.allCount', { count: shown.length })
          : t('friends.onlineCount', { count: shown.length })
      return <List title={title} users={shown} actions={(user) => <FriendActions user={user} />} />
    }
  }
}

function List({
  title,
  users,
  actions,
}: {
  title: string
  users: User[]
  actions: (user: User) => ReactNode
}) {
  if (users.length === 0) return null
  return (
    <section className="mx-auto mb-6 max-w-3xl">
      <h2 className="mb-2 px-2 text-[13px] font-medium text-muted">{title}</h2>
      <ul>
        {users.map((user) => (
          <Person key={user.id} user={user}>
            {actions(user)}
          </Person>
        ))}
      </ul>
    </section>
  )
}

function Person({ user, children }: { user: User; children: ReactNode }) {
  const t = useT()
  const status = useStore((state) => statusOf(state, user))
  return (
    <li className="flex items-center gap-3 rounded-xl border-t border-line px-2 py-2.5 first:border-t-0 hover:bg-hover">
      <Avatar id={user.id} name={userName(user)} src={avatarUrl(user)} status={status} />
      <div className="min-w-0 flex-1 leading-snug">
        <p className="flex items-center gap-1.5 font-medium">
          <span className="truncate">{userName(user)}</span>
          <KindMark user={user} />
        </p>
        <p className="truncate text-[13px] text-muted">
          {user.username} · {t(`presence.${status}`)}
        </p>
      </div>
      {children}
    </li>
  )
}

function FriendActions({ user }: { user: User }) {
  const t = useT()
  const navigate = useNavigate()
  const message = () =>
    attempt(async () => {
      const channel = await openDm(user.id)
      await navigate({ to: '/channels/@me/$channelId', params: { channelId: channel.id } })
    })
  return (
    <>
      <IconButton label={t('friends.message', { name: userName(user) })} onClick={() => void message()}>
        <MessageCircle size={19} />
      </IconButton>
      <Menu
        trigger={
          <IconButton label={t('friends.more', { name: userName(user) })}>
            <MoreHorizontal size={19} />
          </IconButton>
        }
        entries={[
          [
            {
              label: t('friends.remove'),
              danger: true,
              onSelect: () => void attempt(() => endRelationship(user.id)),
            },
            {
              label: t('friends.block'),
              danger: true,
              onSelect: () => void attempt(() => blockUser(user.id)),
            },
          ],
        ]}
      />
    </>
  )
}

function Incoming({ user }: { user: User }) {
  const t = useT()
  return (
    <>
      <IconButton
        label={t('friends.accept', { name: userName(user) })}
        onClick={() => void attempt(() => acceptFriend(user.id))}
      >
        <Check size={19} />
      </IconButton>
      <IconButton
        label={t('friends.decline', { name: userName(user) })}
        onClick={() => void attempt(() => endRelationship(user.id))}
      >
        <X size={19} />
      </IconButton>
    </>
  )
}

function Withdraw({ user, label }: { user: User; label: string }) {
  return (
    <IconButton
      label={`${label}: ${userName(user)}`}
      onClick={() => void attempt(() => endRelationship(user.id))}
    >
      <X size={19} />
    </IconButton>
  )
}
