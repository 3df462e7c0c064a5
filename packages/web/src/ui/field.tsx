import { type ComponentProps, type ReactNode, useId } from 'react'
import { classes } from './classes.ts'

interface Described {
  label: string
  hint?: ReactNode
  error?: string | undefined
  /** The label is read but not seen. */
  labelHidden?: boolean
}

const box =
  'w-full rounded-lg border border-field-line bg-raised px-3 py-2 text-text disabled:opacity-60 aria-invalid:border-danger focus-visible:outline-offset-0'

interface FrameProps extends Described {
  id: string
  children: ReactNode
  className?: string | undefined
}

function Frame({ id, label, hint, error, labelHidden, children, className }: FrameProps) {
  return (
    <div className={classes('flex flex-col gap-1.5', className)}>
      <label htmlFor={id} className={labelHidden ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="text-[13px] text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-[13px] text-danger">
          {error}
        </p>
      )}
    </div>
  )
}

const describedBy = (id: string, { hint, error }: Described) =>
  classes(hint !== undefined && hint !== null && `${id}-hint`, error && `${id}-error`) || undefined

/** One line of text with its label, hint and error. */
export function TextField({
  label,
  hint,
  error,
  labelHidden,
  className,
  ...rest
}: Described & ComponentProps<'input'>) {
  const id = useId()
  const frame = { id, label, hint, ...(error && { error }), ...(labelHidden && { labelHidden }) }
  return (
    <Frame {...frame} className={className}>
      <input
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, frame)}
        className={classes(box, 'min-h-10')}
      />
    </Frame>
  )
}

/** Several lines of text with their label, hint and error. */
export function TextArea({
  label,
  hint,
  error,
  labelHidden,
  className,
  ...rest
}: Described & ComponentProps<'textarea'>) {
  const id = useId()
  const frame = { id, label, hint, ...(error && { error }), ...(labelHidden && { labelHidden }) }
  return (
    <Frame {...frame} className={className}>
      <textarea
        rows={3}
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, frame)}
        className={classes(box, 'field-sizing-content max-h-96 min-h-20 resize-y')}
      />
    </Frame>
  )
}

export interface Option {
  value: string
  label: string
}

/** One of a few. The browser's own list: it works with every keyboard, reader and phone. */
export function SelectField({
  label,
  hint,
  error,
  labelHidden,
  className,
  options,
  ...rest
}: Described & ComponentProps<'select'> & { options: Option[] }) {
  const id = useId()
  const frame = { id, label, hint, ...(error && { error }), ...(labelHidden && { labelHidden }) }
  return (
    <Frame {...frame} className={className}>
      <select
        {...rest}
        id={id}
        aria-describedby={describedBy(id, frame)}
        className={classes(box, 'min-h-10')}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Frame>
  )
}
