import { LIMITS } from '@convive/protocol/limits'
import { Paperclip, SendHorizontal, Smile } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel, isPrivate } from '../../store/selectors.ts'
import { getState, useStore } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { Popover } from '../../ui/popover.tsx'
import type { Channel, Message } from '../../wire.ts'
import { toMarkup } from './autocomplete.ts'
import { useConversation } from './context.ts'
import { lastOwnMessageId } from './conversation.tsx'
import { EmojiPicker } from './emoji-picker.tsx'
import { filesFit } from './file-list.tsx'
import { markRead } from './reading.ts'
import { send } from './sending.ts'
import { Suggestions } from './suggestions.tsx'
import { isComposing } from './typing-keys.ts'
import { tellTyping } from './typing-sign.ts'
import { useSuggestions } from './use-suggestions.ts'
import { useUnsentText } from './use-unsent-text.ts'

interface ComposerBoxProps {
  channel: Channel
  name: string
  replying: Message | null
  onReplyDone: () => void
  files: File[]
  onFiles: (files: File[]) => void
}

/** The box one writes in: Enter sends, Shift+Enter breaks the line, arrow up edits one's last, Esc lets go. */
export function ComposerBox({ channel, name, replying, onReplyDone, files, onFiles }: ComposerBoxProps) {
  const t = useT()
  const listId = useId()
  const { edit } = useConversation()
  const [text, setText] = useUnsentText(channel.id)
  const box = useRef<HTMLTextAreaElement>(null)
  const naming = useSuggestions(channel, text, setText, box)
  const mayAttach = useStore((state) => canInChannel(state, channel, 'AttachFiles'))
  const left = LIMITS.messageContentChars - text.length
  const canSend = (text.trim().length > 0 || files.length > 0) && left >= 0 && filesFit(files)
  useTypingAnywhere(box)

  // Answering starts in the box.
  useEffect(() => {
    if (replying) box.current?.focus()
  }, [replying])

  const submit = () => {
    if (!canSend) return
    const content = toMarkup(getState(), channel, text.trim(), naming.picked)
    void send(channel.id, { content, files, replyTo: replying?.id ?? null })
    setText('')
    onFiles([])
    onReplyDone()
    naming.clear()
  }

  const onKeyDown = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (isComposing(event) || naming.onKeyDown(event)) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      submit()
    } else if (event.key === 'Escape') {
      if (replying) onReplyDone()
      else markRead(channel.id)
    } else if (event.key === 'ArrowUp' && text === '') {
      const id = lastOwnMessageId(channel.id)
      if (!id) return
      event.preventDefault()
      edit(id)
    }
  }

  const insert = (emoji: string) => {
    setText(text.slice(0, box.current?.selectionStart) + emoji + text.slice(box.current?.selectionEnd))
    box.current?.focus()
  }

  const label = isPrivate(channel) ? t('composer.toPerson', { name }) : t('composer.toChannel', { name })
  return (
    <div className="relative">
      {naming.suggestions.length > 0 && (
        <Suggestions
          id={listId}
          suggestions={naming.suggestions}
          at={naming.at}
          onPoint={naming.point}
          onPick={naming.pick}
        />
      )}
      <div
        className={classes(
          'flex items-end gap-1 rounded-xl border border-field-line bg-raised px-1.5 py-1 focus-within:border-accent',
          (replying || files.length > 0) && 'rounded-t-none',
        )}
      >
        {mayAttach && <AttachButton onFiles={(added) => onFiles([...files, ...added])} />}
        <textarea
          ref={box}
          rows={1}
          aria-label={label}
          placeholder={label}
          value={text}
          aria-controls={naming.suggestions.length > 0 ? listId : undefined}
          aria-activedescendant={naming.suggestions.length > 0 ? `${listId}-${naming.at}` : undefined}
          aria-autocomplete="list"
          onChange={(event) => {
            setText(event.target.value)
            if (event.target.value) tellTyping(channel.id)
          }}
          onSelect={naming.onSelect}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (!mayAttach || event.clipboardData.files.length === 0) return
            event.preventDefault()
            onFiles([...files, ...event.clipboardData.files])
          }}
          className="field-sizing-content max-h-[40vh] min-h-9 flex-1 resize-none self-center px-1.5 py-1.5 outline-none placeholder:truncate"
        />
        {left < 200 && (
          <span
            role="status"
            className={classes(
              'self-center text-[13px] tabular-nums',
              left < 0 ? 'text-danger' : 'text-muted',
            )}
          >
            {left}
          </span>
        )}
        <EmojiButton onPick={insert} />
        <IconButton
          label={t('composer.send')}
          disabled={!canSend}
          onClick={submit}
          className="text-accent-text"
        >
          <SendHorizontal size={19} />
        </IconButton>
      </div>
    </div>
  )
}

function AttachButton({ onFiles }: { onFiles: (files: File[]) => void }) {
  const t = useT()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t('composer.attach')}
        className="sr-only"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])])
          event.target.value = ''
        }}
      />
      <IconButton label={t('composer.attach')} onClick={() => input.current?.click()}>
        <Paperclip size={19} />
      </IconButton>
    </>
  )
}

function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label={t('emoji.pick')}
      open={open}
      onOpenChange={setOpen}
      side="top"
      className="w-84"
      trigger={
        <IconButton label={t('emoji.pick')}>
          <Smile size={19} />
        </IconButton>
      }
    >
      <EmojiPicker
        onPick={(emoji) => {
          setOpen(false)
          onPick(emoji)
        }}
      />
    </Popover>
  )
}

// Typing with nothing in focus writes into the box, as in Discord.
function useTypingAnywhere(box: React.RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) box.current?.focus()
    const onKey = (event: KeyboardEvent) => {
      const active = document.activeElement
      const idle = active === document.body || active?.id === 'main'
      if (idle && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey)
        box.current?.focus()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [box])
}
