import { SmilePlus } from 'lucide-react'
import { useState } from 'react'
import { addReaction, removeReaction } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { applyReaction } from '../../store/apply-messages.ts'
import { canInChannel } from '../../store/selectors.ts'
import { changeState, getState, useStore } from '../../store/store.ts'
import { classes } from '../../ui/classes.ts'
import { Popover } from '../../ui/popover.tsx'
import type { Emoji, Message } from '../../wire.ts'
import { EmojiPicker } from './emoji-picker.tsx'

// Shown at once, and taken back if the server refuses.
async function react(message: Message, emoji: Emoji, on: boolean): Promise<void> {
  const at = {
    channel_id: message.channel_id,
    message_id: message.id,
    user_id: getState().me?.id ?? '',
    emoji,
  }
  changeState((state) => applyReaction(state, at, on ? 1 : -1))
  const went = await attempt(() => (on ? addReaction : removeReaction)(message.channel_id, message.id, emoji))
  if (!went) changeState((state) => applyReaction(state, at, on ? -1 : 1))
}

/** Who reacted with what; a press joins in or takes it back. */
export function Reactions({ message }: { message: Message }) {
  const t = useT()
  const [picking, setPicking] = useState(false)
  const allowed = useStore((state) => canInChannel(state, state.channels[message.channel_id], 'AddReactions'))
  if (!message.reactions?.length) return null
  return (
    <fieldset aria-label={t('reactions.label')} className="mt-1 flex flex-wrap gap-1">
      {message.reactions.map((reaction) => (
        <button
          key={reaction.emoji.id ?? reaction.emoji.name}
          type="button"
          aria-pressed={reaction.me}
          aria-label={t('reactions.count', { emoji: reaction.emoji.name ?? '', count: reaction.count })}
          disabled={!allowed && !reaction.me}
          onClick={() => void react(message, reaction.emoji, !reaction.me)}
          className={classes(
            'flex min-h-7 items-center gap-1.5 rounded-lg border px-2 text-sm',
            reaction.me ? 'border-accent bg-accent-soft' : 'border-line bg-side hover:bg-active',
          )}
        >
          <span>{reaction.emoji.id ? `:${reaction.emoji.name}:` : reaction.emoji.name}</span>
          <span className="text-[13px] tabular-nums">{reaction.count}</span>
        </button>
      ))}
      {allowed && (
        <Popover
          label={t('emoji.pick')}
          open={picking}
          onOpenChange={setPicking}
          align="start"
          className="w-84"
          trigger={
            <button
              type="button"
              aria-label={t('message.react')}
              className="flex min-h-7 items-center rounded-lg border border-line px-2 text-muted hover:bg-active"
            >
              <SmilePlus size={15} aria-hidden />
            </button>
          }
        >
          <EmojiPicker
            onPick={(name) => {
              setPicking(false)
              void react(message, { id: null, name }, true)
            }}
          />
        </Popover>
      )}
    </fieldset>
  )
}
