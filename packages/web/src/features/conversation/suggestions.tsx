import { Hash } from 'lucide-react'
import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classes } from '../../ui/classes.ts'
import { KindMark } from '../members/kind-mark.tsx'
import type { Suggestion } from './autocomplete.ts'

interface SuggestionsProps {
  id: string
  suggestions: Suggestion[]
  at: number
  onPoint: (index: number) => void
  onPick: (suggestion: Suggestion) => void
}

/** Whom or what the word at the caret may mean, above the composer. The keys are the composer's. */
export function Suggestions({ id, suggestions, at, onPoint, onPick }: SuggestionsProps) {
  const t = useT()
  return (
    <div
      id={id}
      role="listbox"
      aria-label={t('composer.suggestions')}
      className="absolute right-0 bottom-full left-0 z-20 mb-2 rounded-xl border border-line bg-raised p-1.5 shadow-xl"
    >
      {suggestions.map((suggestion, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the composer's
        <div
          key={suggestion.kind + suggestion.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onMouseMove={() => onPoint(index)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(suggestion)}
          className={classes(
            'flex items-center gap-2.5 rounded-lg px-2.5 py-1.5',
            index === at && 'bg-active',
          )}
        >
          {suggestion.kind === 'user' ? (
            <Avatar id={suggestion.id} name={suggestion.name} src={avatarUrl(suggestion.user)} size={24} />
          ) : (
            <span aria-hidden className="flex size-6 items-center justify-center text-muted">
              {suggestion.kind === 'channel' ? <Hash size={16} /> : '@'}
            </span>
          )}
          <span className="truncate">{suggestion.name}</span>
          {suggestion.kind === 'user' && <KindMark user={suggestion.user} />}
          <span className="ml-auto truncate text-[13px] text-muted">
            {suggestion.kind === 'everyone'
              ? t(suggestion.id === 'here' ? 'composer.here' : 'composer.everyone')
              : suggestion.detail}
          </span>
        </div>
      ))}
    </div>
  )
}
