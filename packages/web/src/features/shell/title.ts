import { useEffect } from 'react'
import { isTextual } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'

/** Counts what calls the person in the tab's title. */
export function useTitle(): void {
  const mentions = useStore((state) => {
    let sum = 0
    for (const [id, read] of Object.entries(state.reads)) {
      const channel = state.channels[id]
      if (channel && isTextual(channel)) sum += read.mention_count
    }
    return sum
  })
  useEffect(() => {
    document.title = mentions > 0 ? `(${mentions}) Convive 同席` : 'Convive 同席'
  }, [mentions])
}
