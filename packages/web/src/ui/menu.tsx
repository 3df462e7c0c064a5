import { ContextMenu as BaseContext } from '@base-ui/react/context-menu'
import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { classes } from './classes.ts'

export interface MenuEntry {
  label: string
  icon?: ReactNode
  onSelect: () => void
  danger?: boolean
}

const popup =
  'min-w-48 max-w-72 rounded-xl border border-line bg-raised p-1.5 shadow-xl outline-none transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0'

const item = (danger: boolean | undefined) =>
  classes(
    'flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 py-1.5 text-[14px] outline-none select-none',
    danger ? 'text-danger data-highlighted:bg-danger-soft' : 'data-highlighted:bg-active',
  )

interface MenuProps {
  trigger: ReactElement<Record<string, unknown>>
  /** Groups are divided by a line. `false` entries are left out. */
  entries: (MenuEntry | false)[][]
  side?: 'top' | 'bottom'
  align?: 'start' | 'end' | 'center'
}

/** A button that opens a list of things to do. */
export function Menu({ trigger, entries, side = 'bottom', align = 'end' }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner side={side} align={align} sideOffset={6} className="z-50">
          <Base.Popup className={popup}>
            {shown(entries).map((group, index) => (
              <Base.Group key={group[0]?.label}>
                {index > 0 && <Base.Separator className="my-1.5 h-px bg-line" />}
                {group.map((entry) => (
                  <Base.Item key={entry.label} onClick={entry.onSelect} className={item(entry.danger)}>
                    {entry.icon}
                    {entry.label}
                  </Base.Item>
                ))}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

interface ContextMenuProps {
  /** What is right-clicked, or pressed long. */
  children: ReactElement<Record<string, unknown>>
  entries: (MenuEntry | false)[][]
}

/** The same list at the pointer. Everything in it can also be reached without it. */
export function ContextMenu({ children, entries }: ContextMenuProps) {
  return (
    <BaseContext.Root>
      <BaseContext.Trigger render={children} />
      <BaseContext.Portal>
        <BaseContext.Positioner className="z-50">
          <BaseContext.Popup className={popup}>
            {shown(entries).map((group, index) => (
              <BaseContext.Group key={group[0]?.label}>
                {index > 0 && <BaseContext.Separator className="my-1.5 h-px bg-line" />}
                {group.map((entry) => (
                  <BaseContext.Item key={entry.label} onClick={entry.onSelect} className={item(entry.danger)}>
                    {entry.icon}
                    {entry.label}
                  </BaseContext.Item>
                ))}
              </BaseContext.Group>
            ))}
          </BaseContext.Popup>
        </BaseContext.Positioner>
      </BaseContext.Portal>
    </BaseContext.Root>
  )
}

function shown(entries: (MenuEntry | false)[][]): MenuEntry[][] {
  return entries.map((group) => group.filter((entry) => entry !== false)).filter((group) => group.length > 0)
}
