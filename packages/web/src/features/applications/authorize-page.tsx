import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { authorizeBot, describeBot } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInGuild } from '../../store/selectors.ts'
import { useDerived } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { SelectField } from '../../ui/field.tsx'
import { tell } from '../../ui/toast.tsx'

/** `/oauth2/authorize`: lets a bot into a guild that one manages. */
export function AuthorizePage() {
  const t = useT()
  const navigate = useNavigate()
  const {
    client_id: clientId = '',
    permissions = '0',
    guild_id: given,
  } = useSearch({ from: '/app/oauth2/authorize' })
  const bot = useQuery({
    queryKey: ['application', clientId],
    queryFn: () => describeBot(clientId),
    retry: false,
    enabled: clientId !== '',
  })
  const guilds = useDerived((state) =>
    state.guildIds
      .filter((id) => canInGuild(state, id, 'ManageGuild'))
      .map((id) => ({ value: id, label: state.guilds[id]?.name ?? '' })),
  )
  const [chosen, setChosen] = useState(given ?? '')
  const [busy, setBusy] = useState(false)
  const guildId = chosen || guilds[0]?.value || ''
  const name = bot.data?.application.name ?? t('authorize.aBot')
  const add = async () => {
    setBusy(true)
    const went = await attempt(() => authorizeBot(clientId, permissions, guildId))
    setBusy(false)
    if (!went) return
    tell(t('authorize.added', { name }))
    await navigate({ to: '/channels/$guildId', params: { guildId } })
  }
  return (
    <main className="flex h-full items-center justify-center bg-side p-4">
      <div className="flex w-full max-w-md flex-col gap-4 rounded-2xl border border-line bg-canvas p-8 shadow-sm">
        <div className="flex flex-col items-center gap-3 text-center">
          <Avatar id={clientId} name={name} src={null} size={72} />
          <h1 className="text-xl font-semibold">{t('authorize.title', { name })}</h1>
          <p className="text-sm text-muted">{t('authorize.text')}</p>
        </div>
        {clientId === '' ? (
          <p className="text-danger">{t('authorize.noClient')}</p>
        ) : guilds.length === 0 ? (
          <p className="text-muted">{t('authorize.noGuild')}</p>
        ) : (
          <>
            <SelectField
              label={t('authorize.guild')}
              value={guildId}
              onChange={(event) => setChosen(event.target.value)}
              options={guilds}
            />
            <Button variant="primary" busy={busy} onClick={() => void add()}>
              {t('authorize.add')}
            </Button>
          </>
        )}
        <Button variant="quiet" onClick={() => void navigate({ to: '/channels/@me' })}>
          {t('common.cancel')}
        </Button>
      </div>
    </main>
  )
}
