import { Switch as Base } from '@base-ui/react/switch'
import { type ReactNode, useId } from 'react'

interface SwitchRowProps {
  label: string
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

/** A line with words and a switch at its end. */
export function SwitchRow({ label, hint, checked, onChange, disabled }: SwitchRowProps) {
  const id = useId()
  return (
    <div className="flex items-center gap-4 py-2">
      <div className="min-w-0 flex-1">
        <span id={id}>{label}</span>
        {hint && <p className="text-[13px] text-muted">{hint}</p>}
      </div>
      <Base.Root
        aria-labelledby={id}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
        className="relative h-6 w-11 shrink-0 rounded-full bg-offline transition-colors data-checked:bg-accent data-disabled:opacity-50"
      >
        <Base.Thumb className="block size-5 translate-x-0.5 rounded-full bg-white shadow transition-transform data-checked:translate-x-5.5" />
      </Base.Root>
    </div>
  )
}
