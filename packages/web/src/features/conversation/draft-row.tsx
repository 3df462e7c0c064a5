import { Square } from 'lucide-react'
import { stopDraft } from '../../connection/convive.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import type { LiveDraft } from '../../store/state.ts'
import { useStore } from '../../store/store.ts'
import type { User } from '../../wire.ts'
import { Markdown } from './markdown.tsx'
import { MessageFrame } from './message-frame.tsx'

/** A character's answer while it grows, with the means to stop it. */
export function DraftRow({ draft, grouped }: { draft: LiveDraft; grouped: boolean }) {
  const author = useStore((state) => state.users[draft.character_id])
  const shown: User = author ?? {
    id: draft.character_id,
    username: '…',
    global_name: null,
    avatar: null,
    discriminator: '0',
    bot: true,
    convive: { kind: 'character' },
  }
  return (
    <div className="relative">
      <MessageFrame author={shown} timeMs={Date.now()} grouped={grouped} ring={draft.phase}>
        <DraftBody draft={draft} />
      </MessageFrame>
      <StopButton draft={draft} name={userName(shown)} />
    </div>
  )
}

/** The growing text, or the sign of thinking before there is any. */
export function DraftBody({ draft }: { draft: LiveDraft }) {
  const t = useT()
  const name = useStore((state) => userName(state.users[draft.character_id]))
  if (!draft.text.trim()) {
    return (
      <p role="status" className="flex h-6 items-center gap-2 text-muted">
        <span aria-hidden className="flex gap-1">
          {[0, 150, 300].map((delay) => (
            <span
              key={delay}
              className="size-1.5 animate-pulse rounded-full bg-character"
              style={{ animationDelay: `${delay}ms` }}
            />
          ))}
        </span>
        {t('draft.thinking', { name })}
      </p>
    )
  }
  return <Markdown text={draft.text} />
}

/** Stops an answer. Beside it, so that nothing moves when it goes. */
export function StopButton({ draft, name }: { draft: LiveDraft; name: string }) {
  const t = useT()
  return (
    <button
      type="button"
      aria-label={t('draft.stop', { name })}
      onClick={() => void attempt(() => stopDraft(draft.channel_id, draft.draft_id))}
      className="absolute top-1 right-4 z-10 flex min-h-8 items-center gap-1.5 rounded-lg border border-line bg-raised px-2.5 text-[13px] shadow-sm hover:bg-side"
    >
      <Square size={12} fill="currentColor" aria-hidden />
      {t('draft.stopShort')}
    </button>
  )
}
