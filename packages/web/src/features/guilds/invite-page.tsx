import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Unlink } from 'lucide-react'
import { useState } from 'react'
import { acceptInvite, getInvite } from '../../connection/discord.ts'
import { guildIconUrl } from '../../connection/media.ts'
import { currentToken } from '../../connection/token.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import type { Invite } from '../../wire.ts'
import { arrived } from './create-guild-dialog.tsx'

/** `/invite/:code`: what one is invited to, and by whom. */
export function InvitePage() {
  const t = useT()
  const { code } = useParams({ from: '/invite/$code' })
  const invite = useQuery({ queryKey: ['invite', code], queryFn: () => getInvite(code), retry: false })
  return (
    <main className="flex h-full items-center justify-center bg-side p-4">
      <div className="w-full max-w-md rounded-2xl border border-line bg-canvas p-8 text-center shadow-sm">
        {invite.isPending && <Spinner label={t('common.loading')} />}
        {invite.isError && (
          <Empty icon={<Unlink size={26} />} title={t('invite.invalid')} text={failureText(invite.error)}>
            <Link to="/channels/@me" className="text-accent-text underline underline-offset-2">
              {t('missing.home')}
            </Link>
          </Empty>
        )}
        {invite.data && <Invitation invite={invite.data} />}
      </div>
    </main>
  )
}

function Invitation({ invite }: { invite: Invite }) {
  const t = useT()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const guildId = invite.guild?.id ?? ''
  const member = useStore((state) => guildId in state.guilds)
  const signedIn = currentToken() !== null
  const enter = async () => {
    setBusy(true)
    await attempt(async () => {
      if (!member) await acceptInvite(invite.code)
      await arrived(guildId)
      await navigate({ to: '/channels/$guildId', params: { guildId } })
    })
    setBusy(false)
  }
  const next = `/invite/${invite.code}`
  return (
    <div className="flex flex-col items-center gap-3">
      <Avatar
        id={guildId}
        name={invite.guild?.name ?? '?'}
        src={invite.guild ? guildIconUrl(invite.guild) : null}
        size={80}
        square
      />
      <p className="text-sm text-muted">
        {invite.inviter ? t('invite.by', { name: userName(invite.inviter) }) : t('invite.you')}
      </p>
      <h1 className="text-2xl font-semibold">{invite.guild?.name}</h1>
      {invite.approximate_member_count !== undefined && (
        <p className="text-sm text-muted">
          {t('invite.online', { count: invite.approximate_presence_count ?? 0 })} ·{' '}
          {t('invite.members', { count: invite.approximate_member_count })}
        </p>
      )}
      {signedIn ? (
        <Button variant="primary" busy={busy} onClick={() => void enter()} className="mt-3 w-full">
          {member ? t('invite.open') : t('invite.accept')}
        </Button>
      ) : (
        <div className="mt-3 flex w-full flex-col gap-2">
          <Link
            to="/sign-up"
            search={{ next }}
            className="rounded-lg bg-accent px-4 py-2.5 font-medium text-on-accent"
          >
            {t('invite.signUp')}
          </Link>
          <Link
            to="/sign-in"
            search={{ next }}
            className="rounded-lg border border-line px-4 py-2.5 font-medium"
          >
            {t('signIn.submit')}
          </Link>
        </div>
      )}
    </div>
  )
}
