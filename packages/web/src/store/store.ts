import { useRef } from 'react'
import { create } from 'zustand'
import type { ConnectionStatus } from '../connection/gateway-machine.ts'
import { apply } from './apply.ts'
import { sameContent } from './same-content.ts'
import { emptyState, type State } from './state.ts'

interface Store {
  state: State
  status: ConnectionStatus
  /** Connected again after a loss, for a short while: the banner says so. */
  cameBack: boolean
}

const useWholeStore = create<Store>(() => ({ state: emptyState, status: 'connecting', cameBack: false }))

/** A part of the state, for a component; what the selector gives must be stable while nothing changed. */
export function useStore<T>(selector: (state: State) => T): T {
  return useWholeStore((store) => selector(store.state))
}

export const useConnectionStatus = (): ConnectionStatus => useWholeStore((store) => store.status)
export const useCameBack = (): boolean => useWholeStore((store) => store.cameBack)

/** The state now, for handlers. */
export const getState = (): State => useWholeStore.getState().state

/** Changes the state by a pure function. */
export function changeState(change: (state: State) => State): void {
  useWholeStore.setState((store) => {
    const state = change(store.state)
    return state === store.state ? store : { state }
  })
}

/** Hands a gateway dispatch to the reducers. */
export function dispatch(event: string, data: unknown): void {
  changeState((state) => apply(state, event, data, Date.now()))
}

const CAME_BACK_MS = 2500

/** Notes the connection's status for the banner. */
export function setStatus(status: ConnectionStatus): void {
  const before = useWholeStore.getState().status
  const cameBack = status === 'ready' && (before === 'reconnecting' || before === 'offline')
  useWholeStore.setState({ status, cameBack })
  if (cameBack) setTimeout(() => useWholeStore.setState({ cameBack: false }), CAME_BACK_MS)
}

/** Forgets everything: signed out. */
export function clearState(): void {
  useWholeStore.setState({ state: emptyState, status: 'connecting', cameBack: false })
}

/** Like useStore, for selectors that build a new value each time: equal content counts as unchanged. */
export function useDerived<T>(selector: (state: State) => T): T {
  const last = useRef<T | undefined>(undefined)
  return useWholeStore((store) => {
    const next = selector(store.state)
    if (last.current === undefined || !sameContent(last.current, next)) last.current = next
    return last.current as T
  })
}
