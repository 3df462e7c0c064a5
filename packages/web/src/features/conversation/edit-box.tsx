import { useEffect, useRef, useState } from 'react'
import { editMessage } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import type { Message } from '../../wire.ts'
import { useConversation } from './context.ts'
import { isComposing } from './typing-keys.ts'

/** A message's text, open for change: Enter keeps, Esc leaves it. An emptied one asks whether to delete. */
export function EditBox({ message }: { message: Message }) {
  const t = useT()
  const { edit, askDelete } = useConversation()
  const [text, setText] = useState(message.content)
  const box = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    box.current?.focus()
    box.current?.setSelectionRange(message.content.length, message.content.length)
  }, [message.content])
  const save = async () => {
    const content = text.trim()
    if (!content && message.attachments.length === 0) {
      edit(null)
      return askDelete(message)
    }
    if (
      content === message.content ||
      (await attempt(() => editMessage(message.channel_id, message.id, content)))
    )
      edit(null)
  }
  return (
    <div className="py-1">
      <textarea
        ref={box}
        aria-label={t('message.editing')}
        value={text}
        rows={1}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return
          if (event.key === 'Escape') edit(null)
          if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault()
            void save()
          }
        }}
        className="field-sizing-content max-h-[40vh] w-full resize-none rounded-lg border border-field-line bg-raised px-3 py-2"
      />
      <p className="text-[13px] text-muted">
        {t('message.editHint')}{' '}
        <button
          type="button"
          onClick={() => edit(null)}
          className="text-accent-text underline underline-offset-2"
        >
          {t('common.cancel')}
        </button>{' '}
        ·{' '}
        <button
          type="button"
          onClick={() => void save()}
          className="text-accent-text underline underline-offset-2"
        >
          {t('common.save')}
        </button>
      </p>
    </div>
  )
}
