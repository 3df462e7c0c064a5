import { useEffect, useRef, useState } from 'react'
import { getPreference, keepUnsent } from '../../store/preferences.ts'

const KEEP_DELAY_MS = 400

/** The composer's text, kept for the channel until it is sent. */
export function useUnsentText(channelId: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => getPreference('unsent')[channelId] ?? '')
  const latest = useRef(text)
  latest.current = text
  useEffect(() => {
    const timer = setTimeout(() => keepUnsent(channelId, text), text ? KEEP_DELAY_MS : 0)
    return () => clearTimeout(timer)
  }, [channelId, text])
  useEffect(() => () => keepUnsent(channelId, latest.current), [channelId])
  return [text, setText]
}
