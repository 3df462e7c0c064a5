import { useState } from 'react'
import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { TextField } from '../../ui/field.tsx'
import type { User } from '../../wire.ts'
import { KindMark } from '../members/kind-mark.tsx'

interface PeoplePickerProps {
  people: User[]
  chosen: readonly string[]
  onChange: (chosen: string[]) => void
  max: number
  emptyText: string
}

/** Several of a list of people, with a field to narrow it. */
export function PeoplePicker({ people, chosen, onChange, max, emptyText }: PeoplePickerProps) {
  const t = useT()
  const [query, setQuery] = useState('')
  const words = query.trim().toLowerCase()
  const shown = people.filter(
    (user) => userName(user).toLowerCase().includes(words) || user.username.includes(words),
  )
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id])
  if (people.length === 0) return <p className="py-3 text-muted">{emptyText}</p>
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="sr-only">{t('people.label')}</legend>
      <TextField
        label={t('people.search')}
        labelHidden
        placeholder={t('people.search')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <div className="max-h-72 overflow-y-auto">
        {shown.map((user) => (
          <label key={user.id} className="flex items-center gap-3 rounded-lg px-2 py-1.5 hover:bg-hover">
            <Avatar id={user.id} name={userName(user)} src={avatarUrl(user)} size={32} />
            <span className="flex min-w-0 flex-1 items-center gap-1.5">
              <span className="truncate">{userName(user)}</span>
              <KindMark user={user} />
            </span>
            <input
              type="checkbox"
              checked={chosen.includes(user.id)}
              disabled={!chosen.includes(user.id) && chosen.length >= max}
              onChange={() => toggle(user.id)}
              className="size-5 accent-accent"
            />
          </label>
        ))}
      </div>
    </fieldset>
  )
}
