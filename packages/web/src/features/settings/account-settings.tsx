import { useQuery } from '@tanstack/react-query'
import { Monitor } from 'lucide-react'
import { useState } from 'react'
import { listSessions, signOutEverywhere } from '../../connection/convive.ts'
import { updateMe } from '../../connection/discord.ts'
import { avatarUrl, readDataUri } from '../../connection/media.ts'
import { endSession } from '../../connection/session.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { applyUser } from '../../store/apply-people.ts'
import { userName } from '../../store/selectors.ts'
import { changeState, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { tell } from '../../ui/toast.tsx'
import { agoText } from '../conversation/times.ts'
import { deviceName } from './device-name.ts'
import { Section } from './section.tsx'

/** How one appears to others, and where one is signed in. */
export function AccountSettings() {
  return (
    <>
      <Profile />
      <Sessions />
    </>
  )
}

function Profile() {
  const t = useT()
  const me = useStore((state) => state.me)
  const [name, setName] = useState(me?.global_name ?? '')
  const [avatar, setAvatar] = useState<string | null | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  if (!me) return null
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    await attempt(async () => {
      const user = await updateMe({
        global_name: name.trim() || null,
        ...(avatar !== undefined && { avatar }),
      })
      changeState((state) => applyUser(state, user))
      setAvatar(undefined)
      tell(t('common.saved'))
    })
    setBusy(false)
  }
  return (
    <Section title={t('account.profile')}>
      <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        <div className="flex items-center gap-4">
          <Avatar
            id={me.id}
            name={name || userName(me)}
            src={avatar === undefined ? avatarUrl(me) : avatar}
            size={80}
          />
          <div className="flex flex-wrap gap-2">
            <FileButton
              small
              accept="image/png,image/jpeg,image/webp,image/gif"
              label={t('account.avatar')}
              onFile={(file) => void readDataUri(file).then(setAvatar)}
            >
              {t('account.avatar')}
            </FileButton>
            {(avatar ?? me.avatar) && (
              <Button small variant="quiet" onClick={() => setAvatar(null)}>
                {t('account.removeAvatar')}
              </Button>
            )}
          </div>
        </div>
        <TextField
          label={t('signUp.displayName')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={32}
          placeholder={me.username}
        />
        <TextField label={t('signUp.username')} value={me.username} readOnly disabled />
        <Button type="submit" variant="primary" busy={busy} className="self-start">
          {t('common.save')}
        </Button>
      </form>
    </Section>
  )
}

function Sessions() {
  const t = useT()
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: listSessions })
  const [asking, setAsking] = useState(false)
  return (
    <Section title={t('account.sessions')} text={t('account.sessionsText')}>
      {sessions.isError && <p className="text-danger">{failureText(sessions.error)}</p>}
      <ul className="divide-y divide-line rounded-xl border border-line">
        {sessions.data?.map((session) => (
          <li key={session.id} className="flex items-center gap-3 px-4 py-3">
            <Monitor size={20} aria-hidden className="text-muted" />
            <div className="min-w-0 flex-1">
              <p className="truncate">{deviceName(session.user_agent) ?? t('account.unknownDevice')}</p>
              <p className="text-[13px] text-muted">
                {session.current
                  ? t('account.thisDevice')
                  : t('account.lastSeen', { when: agoText(Date.parse(session.last_seen_at)) })}
              </p>
            </div>
          </li>
        ))}
      </ul>
      <Button className="self-start" onClick={() => setAsking(true)}>
        {t('account.signOutEverywhere')}
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('account.signOutEverywhere')}
        description={t('account.signOutEverywhereText')}
        confirmLabel={t('account.signOutEverywhere')}
        cancelLabel={t('common.cancel')}
        onConfirm={async () => {
          if (await attempt(signOutEverywhere)) endSession()
        }}
      />
    </Section>
  )
}
