import type { ComponentProps, ReactNode } from 'react'
import { classes } from './classes.ts'
import { Spinner } from './spinner.tsx'
import { Tooltip } from './tooltip.tsx'

type Variant = 'primary' | 'plain' | 'quiet' | 'danger'

const looks: Record<Variant, string> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-hover',
  plain: 'border border-line bg-raised text-text hover:bg-active',
  quiet: 'text-text hover:bg-hover',
  danger: 'bg-danger text-on-danger hover:opacity-90',
}

interface ButtonProps extends ComponentProps<'button'> {
  variant?: Variant
  small?: boolean
  /** At work: shows so and takes no further press. */
  busy?: boolean | undefined
}

/** A button with words on it. */
export function Button({
  variant = 'plain',
  small,
  busy,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={classes(
        'inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium transition-colors disabled:opacity-55',
        small ? 'min-h-8 px-3 text-sm' : 'min-h-10 px-4',
        looks[variant],
        className,
      )}
    >
      {busy && <Spinner />}
      {children}
    </button>
  )
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label'> {
  label: string
  children: ReactNode
  small?: boolean
}

/** A button that is only a picture; its label is its name and its tooltip. */
export function IconButton({ label, children, className, small, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={classes(
          'inline-flex shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-active hover:text-text disabled:opacity-45',
          small ? 'size-7' : 'size-9',
          className,
        )}
      >
        {children}
      </button>
    </Tooltip>
  )
}
