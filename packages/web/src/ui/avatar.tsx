import { useState } from 'react'
import { classes } from './classes.ts'

export type Status = 'online' | 'idle' | 'dnd' | 'offline'

interface AvatarProps {
  /** Seeds the colour and the letter of a drawn avatar. */
  id: string
  name: string
  src: string | null
  size?: number
  status?: Status | null | undefined
  statusLabel?: string | undefined
  ring?: 'thinking' | 'speaking' | null
  square?: boolean
}

// Mid tones on which white letters have 4.5:1.
const tones = ['#8a4b3c', '#7a5a1e', '#4f6b2a', '#2c6a5b', '#2d6480', '#4a5a93', '#74508f', '#8f4a6d']

const dots: Record<Status, string> = {
  online: 'bg-online',
  idle: 'bg-idle',
  dnd: 'bg-dnd',
  offline: 'bg-offline',
}

/** Somebody's picture, or their letter on their colour. The name stands beside it, so the picture itself is not read out. */
export function Avatar({ id, name, src, size = 40, status, statusLabel, ring, square }: AvatarProps) {
  const [broken, setBroken] = useState<string | null>(null)
  const shape = square ? 'rounded-[28%]' : 'rounded-full'
  return (
    <span className="relative inline-block shrink-0 select-none" style={{ width: size, height: size }}>
      {src && src !== broken ? (
        <img
          src={src}
          alt=""
          width={size}
          height={size}
          loading="lazy"
          onError={() => setBroken(src)}
          className={classes('size-full object-cover', shape)}
        />
      ) : (
        <span
          aria-hidden
          className={classes('flex size-full items-center justify-center font-semibold text-white', shape)}
          style={{ background: tones[toneIndex(id)], fontSize: size * 0.42 }}
        >
          {firstLetter(name)}
        </span>
      )}
      {ring && (
        <span
          aria-hidden
          className={classes(
            'absolute -inset-[3px] rounded-full',
            ring === 'thinking' ? 'ring-thinking' : 'ring-speaking',
          )}
        />
      )}
      {status && (
        <span
          {...(statusLabel ? { role: 'img', 'aria-label': statusLabel } : { 'aria-hidden': true })}
          className={classes(
            'absolute -right-0.5 -bottom-0.5 size-3 rounded-full ring-2 ring-side',
            dots[status],
          )}
        />
      )}
    </span>
  )
}

function toneIndex(id: string): number {
  let sum = 0
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) >>> 0
  return sum % tones.length
}

function firstLetter(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '?'
}
