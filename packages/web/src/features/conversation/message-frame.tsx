import type { ReactNode } from 'react'
import { avatarUrl } from '../../connection/media.ts'
import { memberName, nameColour } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import type { User } from '../../wire.ts'
import { KindMark } from '../members/kind-mark.tsx'
import { readable } from '../members/members-panel.tsx'
import { ProfilePopover } from '../members/profile-popover.tsx'
import { useConversation } from './context.ts'
import { clockText, fullText, messageTimeText } from './times.ts'

interface MessageFrameProps {
  author: User
  timeMs: number
  grouped: boolean
  ring?: 'thinking' | 'speaking' | null
  above?: ReactNode
  beside?: ReactNode
  children: ReactNode
  faded?: boolean
}

/** Who says something and when, around what is said. Messages, drafts and echoes share it, so that one can become the other in place. */
export function MessageFrame({
  author,
  timeMs,
  grouped,
  ring = null,
  above,
  beside,
  children,
  faded,
}: MessageFrameProps) {
  const { guildId } = useConversation()
  const user = useStore((state) => state.users[author.id]) ?? author
  const name = useStore((state) => memberName(state, guildId, author))
  const colour = useStore((state) => nameColour(state, guildId, author.id))
  const avatar = <Avatar id={user.id} name={name} src={avatarUrl(user)} size={40} ring={ring} />
  return (
    <div
      className={classes(
        'relative pr-4 pl-17 sm:pl-19',
        grouped ? 'py-0.5' : 'pt-3 pb-0.5',
        faded && 'opacity-60',
      )}
    >
      {above}
      {grouped ? (
        <time
          dateTime={new Date(timeMs).toISOString()}
          className="absolute left-1 w-15 pt-0.5 whitespace-nowrap text-center text-[11px] leading-5 text-muted opacity-0 group-hover/message:opacity-100 sm:left-2"
        >
          {ring ? '' : clockText(timeMs)}
        </time>
      ) : (
        <div className="absolute left-4 sm:left-5">
          <ProfilePopover userId={user.id} guildId={guildId}>
            <button type="button" aria-label={name} className="rounded-full">
              {avatar}
            </button>
          </ProfilePopover>
        </div>
      )}
      {!grouped && (
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-semibold" style={colour ? { color: readable(colour) } : undefined}>
            {name}
          </span>
          <KindMark user={user} />
          <time
            dateTime={new Date(timeMs).toISOString()}
            title={fullText(timeMs)}
            className="text-[12px] text-muted"
          >
            {messageTimeText(timeMs)}
          </time>
          {beside}
        </div>
      )}
      {children}
    </div>
  )
}
