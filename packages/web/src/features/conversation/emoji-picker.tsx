import { useMemo, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { EMOJI_GROUPS, findEmoji } from './emoji.ts'

/** A small set of emoji, found by words in Chinese or English. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const t = useT()
  const [query, setQuery] = useState('')
  const found = useMemo(() => (query.trim() ? findEmoji(query) : null), [query])
  return (
    <div className="flex max-h-80 flex-col gap-2 p-3">
      <input
        // biome-ignore lint/a11y/noAutofocus: the picker was opened to search or pick
        autoFocus
        aria-label={t('emoji.search')}
        placeholder={t('emoji.search')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          const first = found?.[0]
          if (event.key === 'Enter' && first && !event.nativeEvent.isComposing) onPick(first.emoji)
        }}
        className="min-h-9 rounded-lg border border-field-line bg-canvas px-3 text-sm"
      />
      <div className="min-h-0 flex-1 overflow-y-auto">
        {found?.length === 0 && <p className="py-4 text-center text-sm text-muted">{t('emoji.none')}</p>}
        {(found ? [{ key: 'found' as const, emoji: found }] : EMOJI_GROUPS).map((group) => (
          <section key={group.key} aria-label={t(`emoji.${group.key}`)}>
            <h3 className="px-1 py-1 text-[12px] text-muted">{t(`emoji.${group.key}`)}</h3>
            <div className="grid grid-cols-8">
              {group.emoji.map((entry) => (
                <button
                  key={entry.emoji}
                  type="button"
                  aria-label={entry.words[0]}
                  title={entry.words[0]}
                  onClick={() => onPick(entry.emoji)}
                  className="flex size-9 items-center justify-center rounded-md text-xl hover:bg-active"
                >
                  {entry.emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
      </div>
    </div>
  )
}
