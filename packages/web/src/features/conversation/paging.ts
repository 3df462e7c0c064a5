import { useCallback, useEffect, useRef, useState } from 'react'
import { HISTORY_PAGE, type HistoryQuery, listMessages } from '../../connection/discord.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { applyPage, type Page } from '../../store/apply-messages.ts'
import { changeState, getState, useStore } from '../../store/store.ts'
import { collectMeanwhile } from './meanwhile.ts'

export interface Paging {
  /** Why the conversation could not be fetched. */
  failure: string | null
  retry: () => void
  loadOlder: () => void
  loadNewer: () => void
  /** Shows the stretch around a message, or the newest for null. Resolves when it is there. */
  show: (messageId: string | null) => Promise<void>
}

/** Fetches a channel's history as it is looked at: its end first, or around a message, then further both ways. */
export function usePaging(channelId: string, messageId: string | undefined): Paging {
  const [failure, setFailure] = useState<string | null>(null)
  const busy = useRef(false)
  const needed = useStore((state) => state.histories[channelId]?.stale ?? true)

  const load = useCallback(
    async (page: Page, query: HistoryQuery): Promise<boolean> => {
      if (busy.current) return false
      busy.current = true
      const meanwhile = collectMeanwhile(channelId)
      try {
        const messages = await listMessages(channelId, query)
        changeState((state) => meanwhile.replay(applyPage(state, channelId, page, messages, HISTORY_PAGE)))
        setFailure(null)
        return true
      } catch (error) {
        setFailure(failureText(error))
        return false
      } finally {
        meanwhile.stop()
        busy.current = false
      }
    },
    [channelId],
  )

  const show = useCallback(
    async (id: string | null): Promise<void> => {
      const history = getState().histories[channelId]
      const here =
        history &&
        !history.stale &&
        (id ? history.items.some((message) => message.id === id) : !history.hasNewer)
      if (!here) await (id ? load('around', { around: id }) : load('latest', {}))
    },
    [channelId, load],
  )

  useEffect(() => {
    if (needed) void show(messageId ?? null)
  }, [needed, messageId, show])

  const loadOlder = useCallback(() => {
    const history = getState().histories[channelId]
    const oldest = history?.items[0]
    if (history?.hasOlder && oldest) void load('before', { before: oldest.id })
  }, [channelId, load])

  const loadNewer = useCallback(() => {
    const history = getState().histories[channelId]
    const newest = history?.items.at(-1)
    if (history?.hasNewer && newest) void load('after', { after: newest.id })
  }, [channelId, load])

  const retry = useCallback(() => void show(messageId ?? null), [show, messageId])
  return { failure, retry, loadOlder, loadNewer, show }
}
