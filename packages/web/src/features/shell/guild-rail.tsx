import { Link, useMatchRoute } from '@tanstack/react-router'
import { MessagesSquare, Plus } from 'lucide-react'
import { useState } from 'react'
import { guildIconUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel, isPrivate, isTextual, isUnread } from '../../store/selectors.ts'
import type { State } from '../../store/state.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import { Tooltip } from '../../ui/tooltip.tsx'
import { CreateGuildDialog } from '../guilds/create-guild-dialog.tsx'

const HOME = '@me'

interface Unread {
  unread: boolean
  mentions: number
}

// One walk over all channels for the whole rail.
function unreadByGuild(state: State): Record<string, Unread> {
  const found: Record<string, Unread> = {}
  for (const channel of Object.values(state.channels)) {
    const mentions = state.reads[channel.id]?.mention_count ?? 0
    const unread = isUnread(state, channel)
    if ((!unread && mentions === 0) || !isTextual(channel) || !canInChannel(state, channel, 'ViewChannel'))
      continue
    const key = isPrivate(channel) ? HOME : (channel.guild_id ?? HOME)
    const sum = found[key] ?? { unread: false, mentions: 0 }
    found[key] = { unread: sum.unread || unread, mentions: sum.mentions + mentions }
  }
  return found
}

/** The column of guilds: who is there, what is unread, where one is called. */
export function GuildRail() {
  const t = useT()
  const matches = useMatchRoute()
  const guildIds = useStore((state) => state.guildIds)
  const unread = useDerived(unreadByGuild)
  const [creating, setCreating] = useState(false)
  const atHome =
    !matches({ to: '/channels/$guildId', fuzzy: true }) ||
    Boolean(matches({ to: '/channels/@me', fuzzy: true }))
  return (
    <nav
      aria-label={t('rail.label')}
      className="flex h-full w-18 shrink-0 flex-col items-center gap-2 overflow-y-auto bg-rail py-3"
    >
      <RailItem unread={unread[HOME]} current={atHome} label={t('rail.home')}>
        <Link
          to="/channels/@me"
          aria-label={railLabel(t, t('rail.home'), unread[HOME])}
          aria-current={atHome ? 'page' : undefined}
          className={tile(atHome)}
        >
          <MessagesSquare size={22} aria-hidden />
        </Link>
      </RailItem>
      <hr className="w-8 border-line" />
      {guildIds.map((id) => (
        <GuildTile key={id} guildId={id} unread={unread[id]} />
      ))}
      <Tooltip text={t('rail.add')} side="right">
        <button
          type="button"
          aria-label={t('rail.add')}
          onClick={() => setCreating(true)}
          className={classes(tile(false), 'text-accent-text')}
        >
          <Plus size={22} aria-hidden />
        </button>
      </Tooltip>
      <CreateGuildDialog open={creating} onOpenChange={setCreating} />
    </nav>
  )
}

function GuildTile({ guildId, unread }: { guildId: string; unread: Unread | undefined }) {
  const t = useT()
  const matches = useMatchRoute()
  const guild = useStore((state) => state.guilds[guildId])
  if (!guild) return null
  const current = Boolean(matches({ to: '/channels/$guildId', params: { guildId }, fuzzy: true }))
  const name = guild.name || t('rail.unavailable')
  return (
    <RailItem unread={unread} current={current} label={name}>
      <Link
        to="/channels/$guildId"
        params={{ guildId }}
        aria-label={railLabel(t, name, unread)}
        aria-current={current ? 'page' : undefined}
        className={classes('block rounded-2xl transition-opacity', guild.unavailable && 'opacity-40')}
      >
        <Avatar id={guildId} name={name} src={guildIconUrl(guild)} size={48} square />
      </Link>
    </RailItem>
  )
}

interface RailItemProps {
  unread: Unread | undefined
  current: boolean
  label: string
  children: React.ReactElement<Record<string, unknown>>
}

function RailItem({ unread, current, label, children }: RailItemProps) {
  return (
    <div className="relative flex w-full justify-center">
      <span
        aria-hidden
        className={classes(
          'absolute top-1/2 left-0 w-1 -translate-y-1/2 rounded-r-full bg-text transition-[height]',
          current ? 'h-9' : unread?.unread ? 'h-2' : 'h-0',
        )}
      />
      <Tooltip text={label} side="right">
        {children}
      </Tooltip>
      {unread && unread.mentions > 0 && (
        <span
          aria-hidden
          className="pointer-events-none absolute right-2 -bottom-0.5 min-w-5 rounded-full bg-badge px-1.5 text-center text-xs leading-5 font-semibold text-white ring-3 ring-rail"
        >
          {unread.mentions > 99 ? '99+' : unread.mentions}
        </span>
      )}
    </div>
  )
}

const tile = (current: boolean) =>
  classes(
    'flex size-12 shrink-0 items-center justify-center rounded-2xl transition-colors',
    current ? 'bg-accent text-on-accent' : 'bg-raised hover:bg-accent-soft',
  )

function railLabel(t: ReturnType<typeof useT>, name: string, unread: Unread | undefined): string {
  if (unread && unread.mentions > 0) return `${name}, ${t('unread.mentions', { count: unread.mentions })}`
  return unread?.unread ? `${name}, ${t('unread.some')}` : name
}
