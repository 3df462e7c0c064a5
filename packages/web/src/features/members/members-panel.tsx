import { useEffect, useRef } from 'react'
import { Virtualizer } from 'virtua'
import { avatarUrl } from '../../connection/media.ts'
import { requestMembers } from '../../connection/session.ts'
import { type TextKey, useT } from '../../i18n/i18n.ts'
import { memberName, nameColour } from '../../store/selectors.ts'
import { getState, useDerived, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import { ScrollPane } from '../../ui/scroll-pane.tsx'
import type { Channel, User } from '../../wire.ts'
import { memberGroups } from './grouping.ts'
import { KindMark } from './kind-mark.tsx'
import { statusOf } from './presence.ts'
import { ProfilePopover } from './profile-popover.tsx'

type Row = { kind: 'group'; key: string; label: string } | { kind: 'user'; key: string; user: User }

const groupNames: Record<string, TextKey> = {
  online: 'members.online',
  offline: 'members.offline',
  characters: 'members.characters',
  people: 'members.people',
}

/** Who is in this conversation. */
export function MembersPanel({ channel }: { channel: Channel }) {
  const t = useT()
  const scroller = useRef<HTMLElement>(null)
  const groups = useDerived((state) => memberGroups(state, channel))
  useWholeGuild(channel.guild_id)
  const rows = groups.flatMap((group): Row[] => {
    const named = groupNames[group.key]
    const name = group.name ?? (named ? t(named) : '')
    return [
      { kind: 'group', key: `g:${group.key}`, label: `${name} — ${group.users.length}` },
      ...group.users.map((user): Row => ({ kind: 'user', key: user.id, user })),
    ]
  })
  return (
    <aside aria-label={t('members.title')} className="flex h-full w-60 shrink-0 flex-col bg-side">
      <ScrollPane
        ref={scroller}
        label={t('members.title')}
        className="min-h-0 flex-1 overflow-y-auto px-2 py-3"
      >
        <Virtualizer scrollRef={scroller} startMargin={12} data={rows}>
          {(row) =>
            row.kind === 'group' ? (
              <h2 key={row.key} className="px-2 pt-3 pb-1 text-[13px] font-medium text-muted">
                {row.label}
              </h2>
            ) : (
              <MemberItem key={row.key} user={row.user} guildId={channel.guild_id} />
            )
          }
        </Virtualizer>
      </ScrollPane>
    </aside>
  )
}

function MemberItem({ user, guildId }: { user: User; guildId: string | undefined }) {
  const t = useT()
  const name = useStore((state) => memberName(state, guildId, user))
  const status = useStore((state) => statusOf(state, user))
  const colour = useStore((state) => nameColour(state, guildId, user.id))
  return (
    <ProfilePopover userId={user.id} guildId={guildId} side="left">
      <button
        type="button"
        className={classes(
          'flex w-full items-center gap-2.5 rounded-lg px-2 py-1.5 text-start hover:bg-hover',
          status === 'offline' && 'text-muted',
        )}
      >
        <Avatar
          id={user.id}
          name={name}
          src={avatarUrl(user)}
          size={32}
          status={status}
          statusLabel={t(`presence.${status}`)}
        />
        <span className="min-w-0 truncate" style={colour ? { color: readable(colour) } : undefined}>
          {name}
        </span>
        <KindMark user={user} />
      </button>
    </ProfilePopover>
  )
}

/** A role's colour, pulled towards the text's so that any choice can be read in both themes. */
export const readable = (colour: string): string => `color-mix(in oklab, ${colour} 62%, var(--text))`

const asked = new Set<string>()

// Large guilds arrive without all their members; the rest is asked for once, when somebody looks.
function useWholeGuild(guildId: string | undefined): void {
  const ready = useStore((state) => state.ready)
  useEffect(() => {
    if (!guildId || !ready || asked.has(guildId)) return
    const state = getState()
    const known = Object.keys(state.members[guildId] ?? {}).length
    if (known >= (state.guilds[guildId]?.member_count ?? 0)) return
    asked.add(guildId)
    requestMembers(guildId)
  }, [guildId, ready])
}
