import { useState } from 'react'
import { requestFriend } from '../../connection/discord.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'

/** Asks somebody to be a friend, by username. */
export function AddFriend() {
  const t = useT()
  const [username, setUsername] = useState('')
  const [outcome, setOutcome] = useState<{ sent?: string; failure?: string }>({})
  const [busy, setBusy] = useState(false)
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    const name = username.trim().replace(/^@/, '').toLowerCase()
    if (!name) return
    setBusy(true)
    try {
      await requestFriend(name)
      setOutcome({ sent: name })
      setUsername('')
    } catch (error) {
      setOutcome({ failure: failureText(error) })
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="mx-auto flex max-w-xl flex-col gap-3">
      <h2 className="text-lg font-semibold">{t('friends.add')}</h2>
      <TextField
        label={t('friends.addLabel')}
        hint={t('friends.addHint')}
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        autoCapitalize="none"
        autoComplete="off"
        error={outcome.failure}
      />
      <Button type="submit" variant="primary" busy={busy} disabled={!username.trim()} className="self-start">
        {t('friends.send')}
      </Button>
      <p role="status" className="text-sm text-accent-text">
        {outcome.sent && t('friends.sent', { name: outcome.sent })}
      </p>
    </form>
  )
}
