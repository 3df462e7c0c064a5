import { LIMITS } from '@convive/protocol/limits'
import { Plus, X } from 'lucide-react'
import { useT } from '../../i18n/i18n.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { TextArea } from '../../ui/field.tsx'

/** How a character may begin: the first is usual, the others are alternatives. */
export function Greetings({
  greetings,
  onChange,
}: {
  greetings: string[]
  onChange: (greetings: string[]) => void
}) {
  const t = useT()
  const shown = greetings.length === 0 ? [''] : greetings
  return (
    <div className="flex flex-col gap-3">
      {shown.map((greeting, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: greetings have no ids and are edited in place
        <div key={index} className="relative">
          <TextArea
            label={
              index === 0 ? t('character.greeting') : t('character.otherGreeting', { number: index + 1 })
            }
            hint={index === 0 ? t('character.greetingHint') : undefined}
            value={greeting}
            onChange={(event) => onChange(shown.with(index, event.target.value))}
          />
          {index > 0 && (
            <IconButton
              small
              label={t('character.removeGreeting', { number: index + 1 })}
              onClick={() => onChange(shown.toSpliced(index, 1))}
              className="absolute top-0 right-0"
            >
              <X size={16} />
            </IconButton>
          )}
        </div>
      ))}
      {greetings.length > 0 && greetings.length < LIMITS.greetings && (
        <Button small className="self-start" onClick={() => onChange([...greetings, ''])}>
          <Plus size={15} aria-hidden /> {t('character.addGreeting')}
        </Button>
      )}
    </div>
  )
}
