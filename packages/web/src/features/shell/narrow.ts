import { useSyncExternalStore } from 'react'
import { create } from 'zustand'

const query = matchMedia('(max-width: 767px)')

const subscribe = (listener: () => void) => {
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}

/** Whether the page is as narrow as a phone: one pane, the others in drawers. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query.matches)

interface Drawers {
  /** Rail and channels. */
  left: boolean
  /** Members. */
  right: boolean
}

const useDrawers = create<Drawers>(() => ({ left: false, right: false }))

export const useDrawer = (side: keyof Drawers): boolean => useDrawers((drawers) => drawers[side])

/** Opens or shuts a drawer; only one is open at a time. */
export function setDrawer(side: keyof Drawers, open: boolean): void {
  useDrawers.setState({ left: false, right: false, [side]: open })
}
