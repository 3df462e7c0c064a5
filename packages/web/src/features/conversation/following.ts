import { useNavigate } from '@tanstack/react-router'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { VirtualizerHandle } from 'virtua'
import { useConversation } from './context.ts'
import type { Paging } from './paging.ts'
import type { Row } from './rows.ts'

/** Closer to the end than this counts as at the end, in CSS pixels. */
const END_SLACK = 80
/** Further pages are fetched before one gets to them, in CSS pixels. */
const LOAD_AHEAD = 900
const MARK_MS = 2500

interface FollowingInput {
  rows: Row[] | null
  list: RefObject<VirtualizerHandle | null>
  scroller: RefObject<HTMLElement | null>
  hasNewer: boolean
  messageId: string | undefined
  paging: Paging
}

export interface Following {
  atEnd: boolean
  /** The message that was jumped to, for a moment. */
  markedId: string | null
  onScroll: (offset: number) => void
  onResize: () => void
  toEnd: () => void
}

/** Keeps the end in sight while one is there, and otherwise what one reads; jumps to a message that the address names. */
export function useFollowing(input: FollowingInput): Following {
  const { rows, list, scroller, hasNewer, messageId, paging } = input
  const [atEnd, setAtEnd] = useState(messageId === undefined)
  const sticking = useRef(messageId === undefined)
  const placed = useRef(false)
  const lastOffset = useRef(0)
  const count = rows?.length ?? 0

  const stick = useCallback(() => {
    // Somebody scrolled up and the event is still on its way: not to be pulled back.
    if (sticking.current && isScrolledUp(scroller.current, lastOffset.current)) sticking.current = false
    if (!sticking.current || count === 0) return
    list.current?.scrollToIndex(count - 1, { align: 'end' })
    lastOffset.current = scroller.current?.scrollTop ?? 0
  }, [count, list, scroller])

  // The first time, at the line of what is new if there is one; afterwards at the end, if one was there.
  useLayoutEffect(() => {
    if (!rows || messageId !== undefined) return
    if (!placed.current) {
      placed.current = true
      const divider = rows.findIndex((row) => row.kind === 'new')
      if (divider > 0) {
        sticking.current = false
        list.current?.scrollToIndex(divider, { align: 'center' })
        return
      }
    }
    if (!hasNewer) stick()
  }, [rows, hasNewer, messageId, stick, list])

  const markedId = useJump({ rows, list, messageId, paging, onJump: () => (sticking.current = false) })

  const onScroll = useCallback(
    (offset: number) => {
      const handle = list.current
      if (!handle) return
      const left = distanceToEnd(handle, offset)
      const near = left < END_SLACK && !hasNewer
      // Growth below moves the end away without anybody scrolling: only going up lets go of it.
      if (near) sticking.current = true
      else if (offset < lastOffset.current - 1) sticking.current = false
      lastOffset.current = offset
      setAtEnd(near)
      if (offset < LOAD_AHEAD) paging.loadOlder()
      if (hasNewer && left < LOAD_AHEAD) paging.loadNewer()
    },
    [list, hasNewer, paging.loadOlder, paging.loadNewer],
  )

  const onResize = useCallback(() => {
    stick()
    const handle = list.current
    if (handle) setAtEnd(distanceToEnd(handle, handle.scrollOffset) < END_SLACK && !hasNewer)
  }, [stick, list, hasNewer])

  const stickAgain = useCallback(() => {
    sticking.current = true
    setAtEnd(true)
    stick()
  }, [stick])
  const toEnd = useToEnd(messageId, paging, stickAgain)

  return { atEnd, markedId, onScroll, onResize, toEnd }
}

function distanceToEnd(handle: VirtualizerHandle, offset: number): number {
  return handle.scrollSize - offset - handle.viewportSize
}

// Above where it was last, and not because the content became shorter.
function isScrolledUp(pane: HTMLElement | null, before: number): boolean {
  if (!pane || pane.scrollTop >= before - 1) return false
  return pane.scrollHeight - pane.scrollTop - pane.clientHeight > END_SLACK
}

// Leaves the message that the address names, fetches the newest if need be, and stays there.
function useToEnd(messageId: string | undefined, { show }: Paging, stickAgain: () => void): () => void {
  const navigate = useNavigate()
  const { channelId, guildId } = useConversation()
  const latest = useRef(stickAgain)
  latest.current = stickAgain
  return useCallback(() => {
    if (messageId !== undefined)
      void navigate({ href: `/channels/${guildId ?? '@me'}/${channelId}`, replace: true })
    void show(null).then(() => latest.current())
  }, [messageId, navigate, guildId, channelId, show])
}

interface JumpInput extends Pick<FollowingInput, 'rows' | 'list' | 'messageId' | 'paging'> {
  onJump: () => void
}

function useJump({ rows, list, messageId, paging, onJump }: JumpInput): string | null {
  const [markedId, setMarkedId] = useState<string | null>(null)
  const done = useRef<string | undefined>(undefined)
  const { show } = paging
  useEffect(() => {
    if (messageId) void show(messageId)
    else done.current = undefined
  }, [messageId, show])

  useLayoutEffect(() => {
    if (!messageId || !rows || done.current === messageId) return
    const index = rows.findIndex((row) => row.kind === 'message' && row.message.id === messageId)
    if (index < 0) return
    done.current = messageId
    onJump()
    list.current?.scrollToIndex(index, { align: 'center' })
    setMarkedId(messageId)
  })

  useEffect(() => {
    if (!markedId) return
    const timer = setTimeout(() => setMarkedId(null), MARK_MS)
    return () => clearTimeout(timer)
  }, [markedId])
  return markedId
}
