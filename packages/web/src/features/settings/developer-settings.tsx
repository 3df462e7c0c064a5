import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Bot, Copy } from 'lucide-react'
import { useState } from 'react'
import { createApplication, listApplications, resetBotToken } from '../../connection/discord.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { tell } from '../../ui/toast.tsx'
import type { Application } from '../../wire.ts'
import { CodeBlock } from '../conversation/code-block.tsx'
import { Section } from './section.tsx'

/** Bots of one's own: made here, their token shown once, and how an unmodified bot connects. */
export function DeveloperSettings() {
  const t = useT()
  const queries = useQueryClient()
  const applications = useQuery({ queryKey: ['applications'], queryFn: listApplications })
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const create = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    await attempt(async () => {
      await createApplication(name.trim())
      setName('')
      await queries.invalidateQueries({ queryKey: ['applications'] })
    })
    setBusy(false)
  }
  return (
    <>
      <Section title={t('developer.bots')} text={t('developer.botsText')}>
        {applications.isError && <p className="text-danger">{failureText(applications.error)}</p>}
        {applications.data?.map((application) => (
          <BotCard key={application.id} application={application} />
        ))}
        <form onSubmit={(event) => void create(event)} className="flex items-end gap-2">
          <TextField
            className="flex-1"
            label={t('developer.name')}
            value={name}
            onChange={(event) => setName(event.target.value)}
            required
            maxLength={32}
          />
          <Button type="submit" variant="primary" busy={busy} disabled={!name.trim()}>
            <Bot size={17} aria-hidden /> {t('developer.create')}
          </Button>
        </form>
      </Section>
      <HowTo />
    </>
  )
}

function BotCard({ application }: { application: Application }) {
  const t = useT()
  const [token, setToken] = useState<string | null>(null)
  const inviteUrl = `${location.origin}/oauth2/authorize?client_id=${application.id}&scope=bot&permissions=0`
  const copy = (text: string) =>
    attempt(async () => {
      await navigator.clipboard.writeText(text)
      tell(t('common.copied'))
    })
  const reset = () => attempt(async () => setToken((await resetBotToken(application.id)).token))
  return (
    <article aria-label={application.name} className="rounded-xl border border-line p-4">
      <div className="flex items-center gap-3">
        <Avatar id={application.id} name={application.name} src={null} size={40} />
        <div className="min-w-0 flex-1">
          <h3 className="truncate font-medium">{application.name}</h3>
          <p className="text-[13px] text-muted">ID {application.id}</p>
        </div>
      </div>
      {token && (
        <div className="mt-3 flex items-end gap-2">
          <TextField
            className="flex-1"
            label={t('developer.token')}
            hint={t('developer.tokenOnce')}
            value={token}
            readOnly
            onFocus={(event) => event.target.select()}
          />
          <Button onClick={() => void copy(token)}>
            <Copy size={16} aria-hidden /> {t('common.copy')}
          </Button>
        </div>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button small onClick={() => void reset()}>
          {t('developer.reset')}
        </Button>
        <a
          href={inviteUrl}
          className="inline-flex min-h-8 items-center rounded-lg border border-line bg-raised px-3 text-sm font-medium hover:bg-active"
        >
          {t('developer.addToGuild')}
        </a>
        <Button small variant="quiet" onClick={() => void copy(inviteUrl)}>
          <Copy size={15} aria-hidden /> {t('developer.inviteLink')}
        </Button>
      </div>
    </article>
  )
}

function HowTo() {
  const t = useT()
  const code = `import { Client, GatewayIntentBits } from 'discord.js'

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent],
  rest: { api: '${location.origin}/api' },
})

client.on('messageCreate', (message) => {
  if (message.content === 'ping') message.reply('pong')
})

client.login(process.env.TOKEN)`
  return (
    <Section title={t('developer.howTo')} text={t('developer.howToText')}>
      <div className="prose-message">
        <CodeBlock>
          <code>{code}</code>
        </CodeBlock>
      </div>
    </Section>
  )
}
