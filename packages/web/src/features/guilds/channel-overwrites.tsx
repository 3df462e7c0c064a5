import { Permission } from '@convive/protocol/permissions'
import { Check, Minus, X } from 'lucide-react'
import { useState } from 'react'
import { deleteOverwrite, putOverwrite } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { byRank } from '../../store/apply-guilds.ts'
import { useStore } from '../../store/store.ts'
import { classes } from '../../ui/classes.ts'
import { SelectField } from '../../ui/field.tsx'
import type { Channel } from '../../wire.ts'
import { CHANNEL_PERMISSIONS } from './permission-names.ts'

type Choice = 'deny' | 'inherit' | 'allow'
const choices: Choice[] = ['deny', 'inherit', 'allow']

/** What each role may do here, where it differs from the guild: allow, deny, or as elsewhere. */
export function ChannelOverwrites({ channel }: { channel: Channel }) {
  const t = useT()
  const guild = useStore((state) => state.guilds[channel.guild_id ?? ''])
  const [roleId, setRoleId] = useState(channel.guild_id ?? '')
  if (!guild) return null
  const overwrite = channel.permission_overwrites?.find((candidate) => candidate.id === roleId)
  const allow = BigInt(overwrite?.allow ?? 0)
  const deny = BigInt(overwrite?.deny ?? 0)
  const choose = (bit: bigint, choice: Choice) => {
    const next = {
      id: roleId,
      type: 0,
      allow: String(choice === 'allow' ? allow | bit : allow & ~bit),
      deny: String(choice === 'deny' ? deny | bit : deny & ~bit),
    }
    const empty = next.allow === '0' && next.deny === '0'
    void attempt(() => (empty ? deleteOverwrite(channel.id, roleId) : putOverwrite(channel.id, next)))
  }
  const roles = [...guild.roles].sort(byRank)
  return (
    <section aria-label={t('overwrites.title')} className="mt-6 border-t border-line pt-4">
      <h3 className="font-semibold">{t('overwrites.title')}</h3>
      <p className="mb-3 text-[13px] text-muted">{t('overwrites.text')}</p>
      <SelectField
        label={t('overwrites.role')}
        value={roleId}
        onChange={(event) => setRoleId(event.target.value)}
        options={roles.map((role) => ({
          value: role.id,
          label: role.id === guild.id ? t('roles.everyone') : role.name,
        }))}
      />
      <ul className="mt-3 divide-y divide-line">
        {CHANNEL_PERMISSIONS.map((name) => {
          const bit = Permission[name]
          const current: Choice = allow & bit ? 'allow' : deny & bit ? 'deny' : 'inherit'
          return (
            <li key={name} className="flex items-center gap-3 py-2">
              <span className="flex-1">{t(`permission.${name}`)}</span>
              <Triple
                name={t(`permission.${name}`)}
                current={current}
                onChoose={(choice) => choose(bit, choice)}
              />
            </li>
          )
        })}
      </ul>
    </section>
  )
}

function Triple({
  name,
  current,
  onChoose,
}: {
  name: string
  current: Choice
  onChoose: (choice: Choice) => void
}) {
  const t = useT()
  const icons = { deny: <X size={16} />, inherit: <Minus size={16} />, allow: <Check size={16} /> }
  const looks = { deny: 'bg-danger text-on-danger', inherit: 'bg-active', allow: 'bg-accent text-on-accent' }
  return (
    <div role="radiogroup" aria-label={name} className="flex overflow-hidden rounded-lg border border-line">
      {choices.map((choice) => (
        <label
          key={choice}
          className={classes(
            'flex size-9 cursor-pointer items-center justify-center has-focus-visible:outline-2 has-focus-visible:outline-accent',
            choice === current ? looks[choice] : 'text-muted hover:bg-hover',
          )}
        >
          <input
            type="radio"
            name={name}
            checked={choice === current}
            onChange={() => onChoose(choice)}
            aria-label={t(`overwrites.${choice}`)}
            className="sr-only"
          />
          {icons[choice]}
        </label>
      ))}
    </div>
  )
}
