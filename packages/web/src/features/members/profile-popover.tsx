import type { ReactElement } from 'react'
import { useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { Popover } from '../../ui/popover.tsx'
import { ProfileCard } from './profile-card.tsx'

interface ProfilePopoverProps {
  userId: string
  guildId: string | undefined
  side?: 'left' | 'right' | 'bottom'
  children: ReactElement<Record<string, unknown>>
}

/** Opens somebody's card beside what was pressed. */
export function ProfilePopover({ userId, guildId, side = 'right', children }: ProfilePopoverProps) {
  const t = useT()
  const [open, setOpen] = useState(false)
  return (
    <Popover
      trigger={children}
      label={t('profile.label')}
      open={open}
      onOpenChange={setOpen}
      side={side}
      align="start"
      className="w-76"
    >
      <ProfileCard userId={userId} guildId={guildId} onDone={() => setOpen(false)} />
    </Popover>
  )
}
