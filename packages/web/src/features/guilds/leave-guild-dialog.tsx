import { useNavigate } from '@tanstack/react-router'
import { leaveGuild } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { useStore } from '../../store/store.ts'
import { ConfirmDialog } from '../../ui/dialog.tsx'

/** Asks before one leaves a guild. */
export function LeaveGuildDialog({
  open,
  onOpenChange,
  guildId,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  guildId: string
}) {
  const t = useT()
  const navigate = useNavigate()
  const name = useStore((state) => state.guilds[guildId]?.name ?? '')
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('guild.leaveTitle', { name })}
      description={t('guild.leaveText')}
      confirmLabel={t('guild.leave')}
      cancelLabel={t('common.cancel')}
      onConfirm={() =>
        attempt(async () => {
          await leaveGuild(guildId)
          await navigate({ to: '/channels/@me' })
        })
      }
    />
  )
}
