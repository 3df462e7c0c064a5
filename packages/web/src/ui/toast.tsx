import { Toast as Base } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import { IconButton } from './button.tsx'
import { classes } from './classes.ts'

const manager = Base.createToastManager()

/** Tells something in passing. Failures are read out at once. */
export function tell(text: string, kind: 'done' | 'failure' = 'done'): void {
  manager.add({ description: text, type: kind, priority: kind === 'failure' ? 'high' : 'low' })
}

/** Where `tell` shows. Once, at the root. */
export function Toasts({ closeLabel }: { closeLabel: string }) {
  return (
    <Base.Provider toastManager={manager} timeout={5000}>
      <Base.Portal>
        <Base.Viewport className="fixed top-16 right-4 z-50 flex w-[min(22rem,calc(100vw-2rem))] flex-col gap-2">
          <List closeLabel={closeLabel} />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  )
}

function List({ closeLabel }: { closeLabel: string }) {
  const { toasts } = Base.useToastManager()
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className={classes(
        'flex items-center gap-2 rounded-xl border bg-raised py-2 pr-2 pl-4 text-sm shadow-xl transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0',
        toast.type === 'failure' ? 'border-danger' : 'border-line',
      )}
    >
      <Base.Content className="flex flex-1 items-center gap-2">
        <Base.Description className="flex-1" />
        <Base.Close
          render={
            <IconButton label={closeLabel} small>
              <X size={15} />
            </IconButton>
          }
        />
      </Base.Content>
    </Base.Root>
  ))
}
