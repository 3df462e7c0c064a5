import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { deleteGuild, updateGuild } from '../../connection/discord.ts'
import { guildIconUrl, readDataUri } from '../../connection/media.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { type TextKey, useT } from '../../i18n/i18n.ts'
import { canInGuild } from '../../store/selectors.ts'
import type { Guild } from '../../store/state.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { tell } from '../../ui/toast.tsx'
import { GuildMembers } from './guild-members.tsx'
import { RolesEditor } from './roles-editor.tsx'

type Tab = 'overview' | 'roles' | 'members'
const tabs: [Tab, TextKey][] = [
  ['overview', 'guild.overview'],
  ['roles', 'roles.title'],
  ['members', 'members.title'],
]

/** A guild's own affairs: its name and icon, roles, who has them, its end. */
export function GuildSettings({ guildId, onClose }: { guildId: string; onClose: () => void }) {
  const t = useT()
  const guild = useStore((state) => state.guilds[guildId])
  const mayManage = useStore((state) => canInGuild(state, guildId, 'ManageGuild'))
  const mayRoles = useStore((state) => canInGuild(state, guildId, 'ManageRoles'))
  const [tab, setTab] = useState<Tab>(mayManage ? 'overview' : 'roles')
  if (!guild) return null
  const shown = tabs.filter(([id]) => (id === 'overview' ? mayManage : id === 'roles' ? mayRoles : true))
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('guild.settingsOf', { name: guild.name })}
      closeLabel={t('common.close')}
      wide
    >
      <div
        role="tablist"
        aria-label={t('guild.settings')}
        className="mb-4 flex gap-1 border-b border-line pb-2"
      >
        {shown.map(([id, label]) => (
          <button
            key={id}
            type="button"
            role="tab"
            aria-selected={tab === id}
            aria-controls="guild-settings-panel"
            onClick={() => setTab(id)}
            className={classes(
              'rounded-md px-3 py-1.5 text-sm',
              tab === id ? 'bg-active font-medium' : 'text-muted hover:bg-hover',
            )}
          >
            {t(label)}
          </button>
        ))}
      </div>
      <div id="guild-settings-panel" role="tabpanel" aria-label={t('guild.settings')}>
        {tab === 'overview' && <Overview guild={guild} onClose={onClose} />}
        {tab === 'roles' && <RolesEditor guildId={guildId} />}
        {tab === 'members' && <GuildMembers guildId={guildId} />}
      </div>
    </Dialog>
  )
}

function Overview({ guild, onClose }: { guild: Guild; onClose: () => void }) {
  const t = useT()
  const [name, setName] = useState(guild.name)
  const [icon, setIcon] = useState<string | null | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const owner = useStore((state) => state.me?.id === guild.owner_id)
  const save = async (event: React.FormEvent) => {
    event.preventDefault()
    setBusy(true)
    if (
      await attempt(() => updateGuild(guild.id, { name: name.trim(), ...(icon !== undefined && { icon }) }))
    )
      tell(t('common.saved'))
    setBusy(false)
  }
  return (
    <>
      <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
        <div className="flex items-center gap-4">
          <Avatar
            id={guild.id}
            name={name || '?'}
            src={icon === undefined ? guildIconUrl(guild) : icon}
            size={72}
            square
          />
          <div className="flex flex-wrap gap-2">
            <FileButton
              small
              accept="image/png,image/jpeg,image/webp,image/gif"
              label={t('guild.icon')}
              onFile={(file) => void readDataUri(file).then(setIcon)}
            >
              {t('guild.icon')}
            </FileButton>
            {(icon ?? guild.icon) && (
              <Button small variant="quiet" onClick={() => setIcon(null)}>
                {t('guild.removeIcon')}
              </Button>
            )}
          </div>
        </div>
        <TextField
          label={t('createGuild.name')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          required
          minLength={2}
          maxLength={100}
        />
        <Button type="submit" variant="primary" busy={busy} className="self-start">
          {t('common.save')}
        </Button>
      </form>
      {owner && <DeleteGuild guild={guild} onClose={onClose} />}
    </>
  )
}

function DeleteGuild({ guild, onClose }: { guild: Guild; onClose: () => void }) {
  const t = useT()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const remove = () =>
    attempt(async () => {
      await deleteGuild(guild.id)
      onClose()
      await navigate({ to: '/channels/@me' })
    })
  return (
    <div className="mt-6 border-t border-line pt-4">
      <Button variant="danger" onClick={() => setAsking(true)}>
        {t('guild.delete')}
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('guild.deleteTitle', { name: guild.name })}
        description={t('guild.deleteText')}
        confirmLabel={t('guild.delete')}
        cancelLabel={t('common.cancel')}
        onConfirm={remove}
      />
    </div>
  )
}
