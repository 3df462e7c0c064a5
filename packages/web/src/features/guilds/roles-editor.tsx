import { Permission } from '@convive/protocol/permissions'
import { ArrowDown, ArrowUp, Plus } from 'lucide-react'
import { useState } from 'react'
import { createRole, deleteRole, moveRoles, updateRole } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { byRank } from '../../store/apply-guilds.ts'
import { highestPosition, roleColour } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { TextField } from '../../ui/field.tsx'
import { SwitchRow } from '../../ui/switch.tsx'
import { tell } from '../../ui/toast.tsx'
import type { Role } from '../../wire.ts'
import { ROLE_PERMISSIONS } from './permission-names.ts'

/** A guild's roles, highest first, and what each may do. Those at or above one's own are only looked at. */
export function RolesEditor({ guildId }: { guildId: string }) {
  const t = useT()
  const guild = useStore((state) => state.guilds[guildId])
  const mine = useStore((state) => (guild && state.me ? highestPosition(state, guild, state.me.id) : 0))
  const [roleId, setRoleId] = useState(guildId)
  if (!guild) return null
  const roles = [...guild.roles].sort(byRank)
  const role = roles.find((candidate) => candidate.id === roleId)
  const add = () =>
    attempt(async () => {
      const made = await createRole(guildId, { name: t('roles.newName') })
      setRoleId(made.id)
    })
  return (
    <div className="grid gap-5 sm:grid-cols-[11rem_1fr]">
      <div>
        <Button small className="mb-2 w-full" onClick={() => void add()}>
          <Plus size={15} aria-hidden /> {t('roles.create')}
        </Button>
        <ul aria-label={t('roles.title')} className="flex flex-col gap-0.5">
          {roles.map((candidate) => (
            <li key={candidate.id}>
              <button
                type="button"
                aria-pressed={candidate.id === roleId}
                onClick={() => setRoleId(candidate.id)}
                className={classes(
                  'flex w-full items-center gap-2 rounded-lg px-2.5 py-1.5 text-start text-sm',
                  candidate.id === roleId ? 'bg-active' : 'hover:bg-hover',
                )}
              >
                <span
                  aria-hidden
                  className="size-3 shrink-0 rounded-full"
                  style={{ background: roleColour(candidate) ?? 'var(--offline)' }}
                />
                <span className="truncate">
                  {candidate.id === guildId ? t('roles.everyone') : candidate.name}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {role && (
        <RoleForm
          key={role.id}
          guildId={guildId}
          role={role}
          roles={roles}
          locked={role.managed || (role.id !== guildId && role.position >= mine)}
          onDeleted={() => setRoleId(guildId)}
        />
      )}
    </div>
  )
}

interface RoleFormProps {
  guildId: string
  role: Role
  roles: Role[]
  locked: boolean
  onDeleted: () => void
}

function RoleForm({ guildId, role, roles, locked, onDeleted }: RoleFormProps) {
  const t = useT()
  const everyone = role.id === guildId
  const [name, setName] = useState(role.name)
  const [colour, setColour] = useState(roleColour(role) ?? '#000000')
  const [hoist, setHoist] = useState(role.hoist)
  const [mentionable, setMentionable] = useState(role.mentionable)
  const [bits, setBits] = useState(() => BigInt(role.permissions))
  const [busy, setBusy] = useState(false)
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    const looks = everyone
      ? {}
      : { name: name.trim(), color: Number.parseInt(colour.slice(1), 16), hoist, mentionable }
    if (await attempt(() => updateRole(guildId, role.id, { ...looks, permissions: String(bits) })))
      tell(t('common.saved'))
    setBusy(false)
  }
  return (
    <form onSubmit={(event) => void save(event)}>
      <fieldset disabled={locked} className="flex flex-col gap-3">
        <legend className="sr-only">{role.name}</legend>
        {locked && <p className="text-sm text-muted">{t('roles.locked')}</p>}
        {!everyone && (
          <>
            <div className="flex items-end gap-3">
              <TextField
                className="flex-1"
                label={t('roles.name')}
                value={name}
                onChange={(event) => setName(event.target.value)}
                required
                maxLength={100}
              />
              <label className="flex flex-col gap-1.5 text-sm font-medium">
                {t('roles.colour')}
                <input
                  type="color"
                  value={colour}
                  onChange={(event) => setColour(event.target.value)}
                  className="h-10 w-14 rounded-lg border border-field-line bg-raised p-1"
                />
              </label>
            </div>
            <SwitchRow label={t('roles.hoist')} checked={hoist} onChange={setHoist} disabled={locked} />
            <SwitchRow
              label={t('roles.mentionable')}
              checked={mentionable}
              onChange={setMentionable}
              disabled={locked}
            />
            <Rank guildId={guildId} role={role} roles={roles} />
          </>
        )}
        {ROLE_PERMISSIONS.map((group) => (
          <section key={group.key} aria-label={t(`permissions.${group.key}`)}>
            <h3 className="mt-2 border-b border-line pb-1 text-sm font-semibold">
              {t(`permissions.${group.key}`)}
            </h3>
            {group.names.map((permission) => (
              <SwitchRow
                key={permission}
                label={t(`permission.${permission}`)}
                checked={(bits & Permission[permission]) !== 0n}
                disabled={locked}
                onChange={(on) =>
                  setBits((before) =>
                    on ? before | Permission[permission] : before & ~Permission[permission],
                  )
                }
              />
            ))}
          </section>
        ))}
        <div className="sticky -bottom-6 flex gap-2 bg-canvas py-4">
          <Button type="submit" variant="primary" busy={busy}>
            {t('common.save')}
          </Button>
          {!everyone && !locked && (
            <Button
              onClick={() =>
                void attempt(async () => {
                  await deleteRole(guildId, role.id)
                  onDeleted()
                })
              }
            >
              {t('roles.delete')}
            </Button>
          )}
        </div>
      </fieldset>
    </form>
  )
}

function Rank({ guildId, role, roles }: { guildId: string; role: Role; roles: Role[] }) {
  const t = useT()
  const at = roles.findIndex((candidate) => candidate.id === role.id)
  const move = (step: -1 | 1) => {
    const other = roles[at + step]
    if (!other || other.id === guildId) return
    const higher = Math.max(role.position, other.position)
    const lower = Math.min(role.position, other.position)
    const apart = higher === lower ? higher + 1 : higher
    const up = step === -1
    void attempt(() =>
      moveRoles(guildId, [
        { id: role.id, position: up ? apart : lower },
        { id: other.id, position: up ? lower : apart },
      ]),
    )
  }
  return (
    <div className="flex items-center gap-2 py-1">
      <span className="flex-1">{t('roles.rank')}</span>
      <IconButton label={t('roles.up')} disabled={at <= 0} onClick={() => move(-1)}>
        <ArrowUp size={17} />
      </IconButton>
      <IconButton
        label={t('roles.down')}
        disabled={roles[at + 1] === undefined || roles[at + 1]?.id === guildId}
        onClick={() => move(1)}
      >
        <ArrowDown size={17} />
      </IconButton>
    </div>
  )
}
