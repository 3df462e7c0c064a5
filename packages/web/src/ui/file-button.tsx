import { type ReactNode, useRef } from 'react'
import { Button } from './button.tsx'

interface FileButtonProps {
  accept: string
  onFile: (file: File) => void
  children: ReactNode
  small?: boolean
  busy?: boolean
  label: string
}

/** A button that asks for a file. */
export function FileButton({ accept, onFile, children, small, busy, label }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={accept}
        aria-label={label}
        tabIndex={-1}
        className="sr-only"
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = ''
          if (file) onFile(file)
        }}
      />
      <Button small={small ?? false} busy={busy} onClick={() => input.current?.click()}>
        {children}
      </Button>
    </>
  )
}
