import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { classes } from '../../ui/classes.ts'
import { setDrawer, useDrawer } from './narrow.ts'

/** On a phone: a pane that slides in over the conversation. */
export function Drawer({
  side,
  label,
  children,
}: {
  side: 'left' | 'right'
  label: string
  children: ReactNode
}) {
  const open = useDrawer(side)
  return (
    <Dialog.Root open={open} onOpenChange={(next) => setDrawer(side, next)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-30 bg-black/45 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup
          aria-label={label}
          className={classes(
            'fixed inset-y-0 z-30 flex max-w-[88vw] bg-side shadow-2xl transition-transform duration-200 outline-none',
            side === 'left'
              ? 'left-0 data-ending-style:-translate-x-full data-starting-style:-translate-x-full'
              : 'right-0 data-ending-style:translate-x-full data-starting-style:translate-x-full',
          )}
        >
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
