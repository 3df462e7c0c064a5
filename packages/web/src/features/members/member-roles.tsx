import { Plus, X } from 'lucide-react'
import { giveRole, takeRole } from '../../connection/discord.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { byRank } from '../../store/apply-guilds.ts'
import { canInGuild, highestPosition, roleColour } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'

/** A member's roles as chips; who may manage roles gives and takes those below their own. */
export function MemberRoles({ guildId, userId }: { guildId: string; userId: string }) {
  const t = useT()
  const guild = useStore((state) => state.guilds[guildId])
  const ids = useStore((state) => state.members[guildId]?.[userId]?.roles)
  const manager = useStore((state) => canInGuild(state, guildId, 'ManageRoles'))
  const mine = useStore((state) => {
    const here = state.guilds[guildId]
    return here && state.me ? highestPosition(state, here, state.me.id) : 0
  })
  if (!guild || !ids) return null
  const assignable = guild.roles.filter((role) => role.id !== guildId).sort(byRank)
  const worn = assignable.filter((role) => ids.includes(role.id))
  const free = assignable.filter((role) => !ids.includes(role.id) && !role.managed && role.position < mine)
  if (worn.length === 0 && !(manager && free.length > 0)) return null
  return (
    <section aria-label={t('roles.title')} className="flex flex-wrap items-center gap-1.5">
      {worn.map((role) => (
        <span
          key={role.id}
          className="inline-flex items-center gap-1.5 rounded-full border border-line py-0.5 pr-1 pl-2.5 text-[13px]"
        >
          <span
            aria-hidden
            className="size-2.5 rounded-full"
            style={{ background: roleColour(role) ?? 'var(--offline)' }}
          />
          {role.name}
          {manager && !role.managed && role.position < mine ? (
            <button
              type="button"
              aria-label={t('roles.take', { role: role.name })}
              onClick={() => void attempt(() => takeRole(guildId, userId, role.id))}
              className="rounded-full p-0.5 text-muted hover:bg-active"
            >
              <X size={13} aria-hidden />
            </button>
          ) : (
            <span className="w-1" />
          )}
        </span>
      ))}
      {manager && free.length > 0 && (
        <Menu
          align="start"
          trigger={
            <IconButton small label={t('roles.give')}>
              <Plus size={16} />
            </IconButton>
          }
          entries={[
            free.map((role) => ({
              label: role.name,
              icon: (
                <span
                  aria-hidden
                  className="size-2.5 rounded-full"
                  style={{ background: roleColour(role) ?? 'var(--offline)' }}
                />
              ),
              onSelect: () => void attempt(() => giveRole(guildId, userId, role.id)),
            })),
          ]}
        />
      )}
    </section>
  )
}
