import { Link } from '@tanstack/react-router'
import { memberName, roleColour, userName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { readable } from '../members/members-panel.tsx'
import { ProfilePopover } from '../members/profile-popover.tsx'
import { useConversation } from './context.ts'

const look = 'rounded-[4px] bg-accent-soft px-1 font-medium text-accent-text'

/** Somebody, a role, a channel or everybody, named in a text. */
export function Mention({ kind, id }: { kind: string; id: string }) {
  if (kind === 'user') return <UserMention id={id} />
  if (kind === 'role') return <RoleMention id={id} />
  if (kind === 'channel') return <ChannelMention id={id} />
  return <span className={look}>@{id}</span>
}

function UserMention({ id }: { id: string }) {
  const { guildId } = useConversation()
  const name = useStore((state) => {
    const user = state.users[id]
    return user ? memberName(state, guildId, user) : userName(undefined)
  })
  return (
    <ProfilePopover userId={id} guildId={guildId}>
      <button type="button" className={look}>
        @{name}
      </button>
    </ProfilePopover>
  )
}

function RoleMention({ id }: { id: string }) {
  const { guildId } = useConversation()
  const role = useStore((state) =>
    state.guilds[guildId ?? '']?.roles.find((candidate) => candidate.id === id),
  )
  const colour = role && roleColour(role)
  return (
    <span className={look} style={colour ? { color: readable(colour) } : undefined}>
      @{role?.name ?? '…'}
    </span>
  )
}

function ChannelMention({ id }: { id: string }) {
  const channel = useStore((state) => state.channels[id])
  if (!channel?.guild_id) return <span className={look}>#…</span>
  return (
    <Link
      to="/channels/$guildId/$channelId"
      params={{ guildId: channel.guild_id, channelId: id }}
      className={look}
    >
      #{channel.name}
    </Link>
  )
}
