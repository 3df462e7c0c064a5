import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useT } from '../../i18n/i18n.ts'
import { isUnread } from '../../store/selectors.ts'
import { getState, useStore } from '../../store/store.ts'
import { Button } from '../../ui/button.tsx'
import { ScrollPane } from '../../ui/scroll-pane.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import type { Channel } from '../../wire.ts'
import { useFollowing } from './following.ts'
import { HistoryRow } from './history-row.tsx'
import { JumpToEnd } from './jump-to-end.tsx'
import { usePaging } from './paging.ts'
import { useReading } from './reading.ts'
import { moveBetweenRows } from './row-keys.ts'
import { buildRows, type Row } from './rows.ts'

interface HistoryViewProps {
  channel: Channel
  name: string
  messageId: string | undefined
  editingId: string | null
  replyingId: string | null
}

const none: never[] = []

/** The history of a channel, of which only what is in sight is on the page. */
export function HistoryView({ channel, name, messageId, editingId, replyingId }: HistoryViewProps) {
  const t = useT()
  const { id } = channel
  const paging = usePaging(id, messageId)
  const history = useStore((state) => state.histories[id])
  const echoes = useStore((state) => state.echoes[id]) ?? none
  const drafts = useStore((state) => state.drafts[id]) ?? none
  const myId = useStore((state) => state.me?.id ?? '')
  const [dividerAfter, setDividerAfter] = useState<string | null>(() => unreadFrom(id))

  const rows = useMemo(
    () =>
      history && (history.items.length > 0 || !history.stale)
        ? buildRows({ history, echoes, drafts, dividerAfter, myId, now: Date.now() })
        : null,
    [history, echoes, drafts, dividerAfter, myId],
  )
  const scroller = useRef<HTMLElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const follow = useFollowing({
    rows,
    list,
    scroller,
    hasNewer: history?.hasNewer ?? false,
    messageId,
    paging,
  })
  const onReturn = useCallback(() => setDividerAfter((before) => unreadFrom(id) ?? before), [id])
  useReading(id, follow.atEnd && history !== undefined && !history.hasNewer && !history.stale, onReturn)
  const shift = usePrepended(rows)

  if (!rows) return <Waiting failure={paging.failure} onRetry={paging.retry} />
  const lastMessage = rows.findLastIndex((row) => row.kind === 'message')
  return (
    <div className="relative min-h-0 flex-1">
      <ScrollPane
        ref={scroller}
        label={t('conversation.history', { name })}
        className="flex h-full flex-col overflow-y-auto overscroll-contain [overflow-anchor:none]"
        onKeyDown={moveBetweenRows}
      >
        <div className="grow" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          data={rows}
          shift={shift}
          as="ol"
          item="li"
          onScroll={follow.onScroll}
          onResize={follow.onResize}
          bufferSize={500}
        >
          {(row, index) => (
            <HistoryRow
              key={row.key}
              row={row}
              channel={channel}
              marked={row.kind === 'message' && row.message.id === follow.markedId}
              editing={row.kind === 'message' && row.message.id === editingId}
              replying={row.kind === 'message' && row.message.id === replyingId}
              last={index === lastMessage}
            />
          )}
        </Virtualizer>
      </ScrollPane>
      {!follow.atEnd && <JumpToEnd channelId={id} onJump={follow.toEnd} />}
    </div>
  )
}

function Waiting({ failure, onRetry }: { failure: string | null; onRetry: () => void }) {
  const t = useT()
  return (
    <div className="flex min-h-0 flex-1 flex-col items-center justify-center gap-3 text-muted">
      {failure ? (
        <>
          <p role="alert">{failure}</p>
          <Button onClick={onRetry}>{t('common.retry')}</Button>
        </>
      ) : (
        <Spinner label={t('common.loading')} />
      )}
    </div>
  )
}

// Where the line of what is new goes: after what was read last, if there is something unread.
function unreadFrom(channelId: string): string | null {
  const state = getState()
  const channel = state.channels[channelId]
  if (!channel || !isUnread(state, channel)) return null
  return state.reads[channelId]?.last_message_id ?? '0'
}

// The list must be told when rows came in above, so that what is in sight stays.
function usePrepended(rows: Row[] | null): boolean {
  const before = useRef<string | undefined>(undefined)
  const first = rows?.find((row) => row.kind === 'message')?.key
  const prepended =
    before.current !== undefined &&
    first !== before.current &&
    (rows?.some((row) => row.key === before.current) ?? false)
  useLayoutEffect(() => {
    before.current = first
  }, [first])
  return prepended
}
