import { Dialog } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useMemo, useState } from 'react'
import { openDm } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { getState } from '../../store/store.ts'
import { classes } from '../../ui/classes.ts'
import { findTargets, type Target } from './switch-targets.ts'

/** Ctrl-K: to any channel, DM or person by a few letters. */
export function QuickSwitcher() {
  const t = useT()
  const [open, setOpen] = useState(false)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (
        (event.ctrlKey || event.metaKey) &&
        !event.shiftKey &&
        !event.altKey &&
        event.key.toLowerCase() === 'k'
      ) {
        event.preventDefault()
        setOpen((was) => !was)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Popup
          aria-label={t('switcher.title')}
          className="fixed top-[12vh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 rounded-2xl border border-line bg-canvas p-3 shadow-2xl outline-none"
        >
          <Switcher onDone={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Switcher({ onDone }: { onDone: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const listId = useId()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const targets = useMemo(() => findTargets(getState(), query), [query])

  const go = async (target: Target) => {
    onDone()
    if (target.kind === 'channel') {
      await navigate({
        to: '/channels/$guildId/$channelId',
        params: { guildId: target.guildId, channelId: target.id },
      })
    } else if (target.kind === 'private') {
      await navigate({ to: '/channels/@me/$channelId', params: { channelId: target.id } })
    } else {
      await attempt(async () => {
        const channel = await openDm(target.id)
        await navigate({ to: '/channels/@me/$channelId', params: { channelId: channel.id } })
      })
    }
  }

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      const step = event.key === 'ArrowDown' ? 1 : -1
      setAt((was) => (was + step + targets.length) % Math.max(1, targets.length))
    } else if (event.key === 'Enter') {
      const target = targets[at]
      if (target) void go(target)
    }
  }

  return (
    <>
      <input
        role="combobox"
        aria-label={t('switcher.title')}
        aria-expanded={targets.length > 0}
        aria-controls={listId}
        aria-activedescendant={targets[at] ? `${listId}-${at}` : undefined}
        placeholder={t('switcher.placeholder')}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
        className="min-h-11 w-full rounded-lg border border-field-line bg-raised px-3.5"
      />
      <div
        id={listId}
        role="listbox"
        aria-label={t('switcher.title')}
        className="mt-2 max-h-[50vh] overflow-y-auto"
      >
        {targets.map((target, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the combobox's
          <div
            key={target.kind + target.id}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => void go(target)}
            className={classes('flex items-center gap-2.5 rounded-lg px-3 py-2', index === at && 'bg-active')}
          >
            <span aria-hidden className="w-4 text-center text-muted">
              {target.kind === 'channel' ? '#' : '@'}
            </span>
            <span className="min-w-0 flex-1 truncate">{target.name}</span>
            <span className="truncate text-[13px] text-muted">{target.detail}</span>
          </div>
        ))}
      </div>
      {targets.length === 0 && <p className="px-3 py-5 text-center text-muted">{t('switcher.none')}</p>}
    </>
  )
}
