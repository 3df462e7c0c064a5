import { Link, useParams } from '@tanstack/react-router'
import { ChevronDown, Hash, LogOut, Plus, Settings, Sparkles, UserPlus } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { setPreference, usePreference } from '../../store/preferences.ts'
import {
  type ChannelGroup,
  canInChannel,
  canInGuild,
  channelGroups,
  firstChannelId,
  isUnread,
} from '../../store/selectors.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { Menu } from '../../ui/menu.tsx'
import type { Channel } from '../../wire.ts'
import { CreateChannelDialog } from './create-channel-dialog.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { LeaveGuildDialog } from './leave-guild-dialog.tsx'

const GuildSettings = lazy(async () => ({ default: (await import('./guild-settings.tsx')).GuildSettings }))
const ChannelSettings = lazy(async () => ({
  default: (await import('./channel-settings.tsx')).ChannelSettings,
}))

type Window =
  | { kind: 'invite' | 'settings' | 'leave' }
  | { kind: 'create'; category: boolean; parentId: string | null }
  | { kind: 'channel'; channelId: string }

/** A guild's head and its channels under their categories. */
export function GuildSide({ guildId }: { guildId: string }) {
  const t = useT()
  const guild = useStore((state) => state.guilds[guildId])
  const groups = useDerived((state) => channelGroups(state, guildId))
  const [open, setOpen] = useState<Window | null>(null)
  const may = useDerived((state) => ({
    channels: canInGuild(state, guildId, 'ManageChannels'),
    guild: canInGuild(state, guildId, 'ManageGuild') || canInGuild(state, guildId, 'ManageRoles'),
    invite: canInGuild(state, guildId, 'CreateInstantInvite'),
    owner: state.guilds[guildId]?.owner_id === state.me?.id,
  }))
  const inviteTo = useStore((state) => firstChannelId(state, guildId))
  if (!guild) return null
  return (
    <nav aria-label={t('guild.channels', { name: guild.name })} className="flex h-full flex-col">
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className="flex min-h-13 w-full items-center gap-2 border-b border-line px-4 text-start font-semibold hover:bg-hover"
          >
            <span className="min-w-0 flex-1 truncate">{guild.name}</span>
            <ChevronDown size={18} aria-hidden />
          </button>
        }
        entries={[
          [
            may.invite &&
              inviteTo !== undefined && {
                label: t('invite.title'),
                icon: <UserPlus size={17} />,
                onSelect: () => setOpen({ kind: 'invite' }),
              },
          ],
          [
            may.guild && {
              label: t('guild.settings'),
              icon: <Settings size={17} />,
              onSelect: () => setOpen({ kind: 'settings' }),
            },
            may.channels && {
              label: t('channel.create'),
              icon: <Plus size={17} />,
              onSelect: () => setOpen({ kind: 'create', category: false, parentId: null }),
            },
            may.channels && {
              label: t('channel.createCategory'),
              icon: <Plus size={17} />,
              onSelect: () => setOpen({ kind: 'create', category: true, parentId: null }),
            },
          ],
          [
            !may.owner && {
              label: t('guild.leave'),
              icon: <LogOut size={17} />,
              danger: true,
              onSelect: () => setOpen({ kind: 'leave' }),
            },
          ],
        ]}
      />
      <div className="min-h-0 flex-1 overflow-y-auto px-2 py-3">
        {groups.map((group) => (
          <Group key={group.category?.id ?? 'none'} group={group} mayCreate={may.channels} onOpen={setOpen} />
        ))}
        {may.guild && <NextSteps guildId={guildId} onInvite={() => setOpen({ kind: 'invite' })} />}
      </div>
      <InviteDialog
        open={open?.kind === 'invite'}
        onOpenChange={(next) => !next && setOpen(null)}
        channelId={inviteTo ?? ''}
        guildName={guild.name}
      />
      <LeaveGuildDialog
        open={open?.kind === 'leave'}
        onOpenChange={(next) => !next && setOpen(null)}
        guildId={guildId}
      />
      <CreateChannelDialog
        open={open?.kind === 'create'}
        onOpenChange={(next) => !next && setOpen(null)}
        guildId={guildId}
        category={open?.kind === 'create' && open.category}
        parentId={open?.kind === 'create' ? open.parentId : null}
      />
      <Suspense>
        {open?.kind === 'settings' && <GuildSettings guildId={guildId} onClose={() => setOpen(null)} />}
        {open?.kind === 'channel' && (
          <ChannelSettings channelId={open.channelId} onClose={() => setOpen(null)} />
        )}
      </Suspense>
    </nav>
  )
}

function Group({
  group,
  mayCreate,
  onOpen,
}: {
  group: ChannelGroup
  mayCreate: boolean
  onOpen: (open: Window) => void
}) {
  const t = useT()
  const folded = usePreference('folded')
  const { category } = group
  const isFolded = category !== null && folded.includes(category.id)
  const fold = () =>
    category &&
    setPreference('folded', isFolded ? folded.filter((id) => id !== category.id) : [...folded, category.id])
  const list = (
    <ul className="mb-2 flex flex-col gap-0.5">
      {group.channels.map((channel) => (
        <ChannelItem
          key={channel.id}
          channel={channel}
          folded={isFolded}
          onSettings={() => onOpen({ kind: 'channel', channelId: channel.id })}
        />
      ))}
    </ul>
  )
  if (!category) return list
  return (
    <section aria-label={category.name ?? ''}>
      <div className="group flex items-center pt-2 pb-0.5 text-muted">
        <button
          type="button"
          aria-expanded={!isFolded}
          onClick={fold}
          className="flex min-w-0 flex-1 items-center gap-1 rounded px-1 py-1 text-[13px] font-medium hover:text-text"
        >
          <ChevronDown
            size={14}
            aria-hidden
            className={classes('shrink-0 transition-transform', isFolded && '-rotate-90')}
          />
          <span className="truncate">{category.name}</span>
        </button>
        {mayCreate && (
          <>
            <IconButton
              small
              label={t('channel.editCategory', { name: category.name ?? '' })}
              onClick={() => onOpen({ kind: 'channel', channelId: category.id })}
              className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
            >
              <Settings size={15} />
            </IconButton>
            <IconButton
              small
              label={t('channel.createIn', { name: category.name ?? '' })}
              onClick={() => onOpen({ kind: 'create', category: false, parentId: category.id })}
            >
              <Plus size={16} />
            </IconButton>
          </>
        )}
      </div>
      {list}
    </section>
  )
}

function ChannelItem({
  channel,
  folded,
  onSettings,
}: {
  channel: Channel
  folded: boolean
  onSettings: () => void
}) {
  const t = useT()
  const open = useParams({ strict: false }).channelId === channel.id
  const unread = useStore((state) => isUnread(state, channel))
  const mentions = useStore((state) => state.reads[channel.id]?.mention_count ?? 0)
  const mayEdit = useStore(
    (state) => canInChannel(state, channel, 'ManageChannels') || canInChannel(state, channel, 'ManageRoles'),
  )
  // A folded category still shows where one is and what is new.
  if (folded && !open && !unread) return null
  return (
    <li className="group relative">
      <Link
        to="/channels/$guildId/$channelId"
        params={{ guildId: channel.guild_id ?? '', channelId: channel.id }}
        className={classes(
          'flex min-h-9 items-center gap-2 rounded-lg px-2 hover:bg-hover',
          unread && !open ? 'font-semibold text-text' : 'text-muted',
          mayEdit && 'group-hover:pr-9',
        )}
        activeProps={{ className: 'bg-active text-text' }}
      >
        <Hash size={17} aria-hidden className="shrink-0" />
        <span className="min-w-0 flex-1 truncate">{channel.name}</span>
        {unread && !open && mentions === 0 && (
          <span className="size-2 rounded-full bg-text">
            <span className="sr-only">{t('unread.some')}</span>
          </span>
        )}
        {mentions > 0 && !open && (
          <span className="min-w-5 rounded-full bg-badge px-1.5 text-center text-xs leading-5 font-semibold text-white">
            <span aria-hidden>{mentions > 99 ? '99+' : mentions}</span>
            <span className="sr-only">{t('unread.mentions', { count: mentions })}</span>
          </span>
        )}
      </Link>
      {mayEdit && (
        <IconButton
          small
          label={t('channel.edit', { name: channel.name ?? '' })}
          onClick={onSettings}
          className="absolute top-1 right-1 opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
        >
          <Settings size={15} />
        </IconButton>
      )}
    </li>
  )
}

// A guild with nobody else in it yet says how it fills.
function NextSteps({ guildId, onInvite }: { guildId: string; onInvite: () => void }) {
  const t = useT()
  const alone = useStore(
    (state) => (state.guilds[guildId]?.member_count ?? Object.keys(state.members[guildId] ?? {}).length) <= 1,
  )
  if (!alone) return null
  return (
    <div className="mt-4 flex flex-col gap-2 rounded-xl border border-line p-3 text-sm">
      <p className="text-muted">{t('guild.alone')}</p>
      <button
        type="button"
        onClick={onInvite}
        className="flex items-center gap-2 rounded-lg py-1 text-accent-text"
      >
        <UserPlus size={16} aria-hidden /> {t('invite.title')}
      </button>
      <Link to="/characters" className="flex items-center gap-2 rounded-lg py-1 text-accent-text">
        <Sparkles size={16} aria-hidden /> {t('guild.addCharacter')}
      </Link>
    </div>
  )
}
