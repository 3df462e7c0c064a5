import type { ReactNode } from 'react'

interface EmptyProps {
  icon: ReactNode
  title: string
  /** What to do next. */
  text: string
  children?: ReactNode
  /** It is the whole page, so its title is the page's. */
  page?: boolean
}

/** Where there is nothing yet: says what this place is for and offers the next step. */
export function Empty({ icon, title, text, children, page }: EmptyProps) {
  const Heading = page ? 'h1' : 'h2'
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-6 py-12 text-center">
      <span
        aria-hidden
        className="flex size-14 items-center justify-center rounded-2xl bg-accent-soft text-accent-text"
      >
        {icon}
      </span>
      <Heading className="text-lg font-semibold">{title}</Heading>
      <p className="text-muted">{text}</p>
      {children && <div className="mt-2 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  )
}
