import { useState } from 'react'
import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { memberName } from '../../store/selectors.ts'
import { useDerived, useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { TextField } from '../../ui/field.tsx'
import type { User } from '../../wire.ts'
import { KindMark } from '../members/kind-mark.tsx'
import { MemberRoles } from '../members/member-roles.tsx'

/** At most this many are listed at once; the field narrows them. */
const SHOWN_MAX = 100

/** A guild's members with their roles to give and take. */
export function GuildMembers({ guildId }: { guildId: string }) {
  const t = useT()
  const [query, setQuery] = useState('')
  const members = useDerived((state) => {
    const words = query.trim().toLowerCase()
    return Object.keys(state.members[guildId] ?? {})
      .flatMap((id) => state.users[id] ?? [])
      .filter(
        (user) =>
          memberName(state, guildId, user).toLowerCase().includes(words) || user.username.includes(words),
      )
      .slice(0, SHOWN_MAX)
  })
  return (
    <div className="flex flex-col gap-3">
      <TextField
        label={t('people.search')}
        labelHidden
        placeholder={t('people.search')}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <ul className="divide-y divide-line">
        {members.map((user) => (
          <Item key={user.id} guildId={guildId} user={user} />
        ))}
      </ul>
    </div>
  )
}

function Item({ guildId, user }: { guildId: string; user: User }) {
  const name = useStore((state) => memberName(state, guildId, user))
  return (
    <li className="flex flex-wrap items-center gap-3 py-2.5">
      <Avatar id={user.id} name={name} src={avatarUrl(user)} size={34} />
      <div className="min-w-32 flex-1 leading-snug">
        <p className="flex items-center gap-1.5 font-medium">
          <span className="truncate">{name}</span>
          <KindMark user={user} />
        </p>
        <p className="text-[13px] text-muted">{user.username}</p>
      </div>
      <MemberRoles guildId={guildId} userId={user.id} />
    </li>
  )
}
