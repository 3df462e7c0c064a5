import { snowflakeTimeMs } from '@convive/protocol/snowflakes'
import { Pin } from 'lucide-react'
import { useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { isBlocked, mentionedMe, userName } from '../../store/selectors.ts'
import type { LiveDraft } from '../../store/state.ts'
import { useStore } from '../../store/store.ts'
import { classes } from '../../ui/classes.ts'
import type { Message } from '../../wire.ts'
import { Alternatives } from './alternatives.tsx'
import { Attachments } from './attachments.tsx'
import { BundledNote } from './bundled-note.tsx'
import { DraftBody, StopButton } from './draft-row.tsx'
import { EditBox } from './edit-box.tsx'
import { Embeds } from './embeds.tsx'
import { Markdown } from './markdown.tsx'
import { MessageFrame } from './message-frame.tsx'
import { MessageToolbar } from './message-toolbar.tsx'
import { Notice } from './notice.tsx'
import { Reactions } from './reactions.tsx'
import { ReplyPreview } from './reply-preview.tsx'

interface MessageRowProps {
  message: Message
  grouped: boolean
  /** Its answer being written anew. */
  live: LiveDraft | null
  /** Carries the note about the bundled model. */
  note: boolean
  marked: boolean
  editing: boolean
  replying: boolean
  /** The newest message of the conversation: arrow keys start here. */
  last: boolean
}

/** One message with all that hangs on it. Its tools appear while it is pointed at or focused. */
export function MessageRow({
  message,
  grouped,
  live,
  note,
  marked,
  editing,
  replying,
  last,
}: MessageRowProps) {
  const t = useT()
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const [menuOpen, setMenuOpen] = useState(false)
  const blocked = useStore((state) => isBlocked(state, message.author.id))
  const [shownAnyway, setShownAnyway] = useState(false)
  const callsMe = useStore((state) => mentionedMe(state, message))
  const hidden = blocked && !shownAnyway
  const tools = (pointed || focused || menuOpen) && !editing && !hidden
  return (
    <article
      data-message={message.id}
      aria-label={t('message.by', { name: userName(message.author) })}
      tabIndex={last ? 0 : -1}
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={() => setFocused(true)}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setFocused(false)}
      className={classes(
        'group/message relative -outline-offset-2',
        tools && 'bg-hover',
        callsMe && 'bg-mention shadow-[inset_3px_0_0_var(--mention-line)]',
        replying && 'bg-accent-soft',
        marked && 'message-flash',
      )}
    >
      <MessageFrame
        author={message.author}
        timeMs={snowflakeTimeMs(message.id)}
        grouped={grouped}
        ring={live?.phase ?? null}
        above={<ReplyPreview message={message} />}
        beside={message.pinned ? <PinnedSign /> : undefined}
      >
        {hidden ? (
          <button
            type="button"
            onClick={() => setShownAnyway(true)}
            className="text-sm text-muted underline underline-offset-2"
          >
            {t('message.blocked')}
          </button>
        ) : editing ? (
          <EditBox message={message} />
        ) : live ? (
          <DraftBody draft={live} />
        ) : (
          <Body message={message} last={last} />
        )}
        {note && <BundledNote />}
      </MessageFrame>
      {live && <StopButton draft={live} name={userName(message.author)} />}
      {tools && !live && <MessageToolbar message={message} onOpenChange={setMenuOpen} />}
    </article>
  )
}

function Body({ message, last }: { message: Message; last: boolean }) {
  const t = useT()
  if (message.convive?.notice) return <Notice message={message} notice={message.convive.notice} />
  return (
    <>
      {message.content && <Markdown text={message.content} />}
      {(message.edited_timestamp || message.convive?.stopped) && (
        <span className="text-[12px] text-muted" title={message.edited_timestamp ?? undefined}>
          {message.convive?.stopped ? t('message.stopped') : t('message.edited')}
        </span>
      )}
      <Attachments attachments={message.attachments} />
      <Embeds embeds={message.embeds} />
      <Alternatives message={message} last={last} />
      <Reactions message={message} />
    </>
  )
}

function PinnedSign() {
  const t = useT()
  return (
    <span role="img" aria-label={t('message.pinned')} className="self-center text-muted">
      <Pin size={12} aria-hidden />
    </span>
  )
}
