import { Link, useNavigate } from '@tanstack/react-router'
import { Ban, MessageCircle, Pencil, UserMinus, UserPlus } from 'lucide-react'
import { useState } from 'react'
import {
  acceptFriend,
  banMember,
  blockUser,
  endRelationship,
  openDm,
  removeMember,
} from '../../connection/discord.ts'
import { avatarUrl } from '../../connection/media.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { canInGuild, isCharacter, memberName, outranks } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { RELATIONSHIP } from '../../wire.ts'
import { KindMark } from './kind-mark.tsx'
import { MemberRoles } from './member-roles.tsx'
import { statusOf } from './presence.ts'

interface ProfileCardProps {
  userId: string
  guildId: string | undefined
  onDone: () => void
}

/** Somebody's card: who they are, their roles here, and what one can do with them. */
export function ProfileCard({ userId, guildId, onDone }: ProfileCardProps) {
  const t = useT()
  const user = useStore((state) => state.users[userId])
  const name = useStore((state) => (user ? memberName(state, guildId, user) : ''))
  const status = useStore((state) => (user ? statusOf(state, user) : 'offline'))
  const mine = useStore((state) => state.me?.id === userId)
  const member = useStore((state) => (guildId ? state.members[guildId]?.[userId] : undefined))
  if (!user) return <p className="p-4 text-muted">{t('profile.unknown')}</p>
  return (
    <div className="flex max-h-[30rem] flex-col gap-3 overflow-y-auto p-4">
      <div className="flex items-center gap-3">
        <Avatar
          id={user.id}
          name={name}
          src={avatarUrl(user)}
          size={56}
          status={status}
          statusLabel={t(`presence.${status}`)}
        />
        <div className="min-w-0">
          <p className="flex items-center gap-1.5 text-lg leading-tight font-semibold">
            <span className="truncate">{name}</span>
            <KindMark user={user} />
          </p>
          <p className="truncate text-sm text-muted">{user.username}</p>
        </div>
      </div>
      {user.bio && <p className="text-sm whitespace-pre-wrap">{user.bio}</p>}
      {isCharacter(user) && (
        <p className="rounded-lg bg-character-soft px-3 py-2 text-[13px]">{t('profile.character')}</p>
      )}
      {guildId && member && <MemberRoles guildId={guildId} userId={userId} />}
      {mine ? (
        <Link
          to="/settings/$section"
          params={{ section: 'account' }}
          className="flex items-center gap-2 text-sm text-accent-text"
        >
          <Pencil size={15} aria-hidden /> {t('profile.edit')}
        </Link>
      ) : (
        <Actions userId={userId} guildId={member ? guildId : undefined} name={name} onDone={onDone} />
      )}
    </div>
  )
}

function Actions({ userId, guildId, name, onDone }: ProfileCardProps & { name: string }) {
  const t = useT()
  const navigate = useNavigate()
  const relationship = useStore((state) => state.relationships[userId])
  const isBot = useStore((state) => Boolean(state.users[userId]?.bot))
  const canKick = useStore(
    (state) =>
      guildId !== undefined && canInGuild(state, guildId, 'KickMembers') && outranks(state, guildId, userId),
  )
  const canBan = useStore(
    (state) =>
      guildId !== undefined && canInGuild(state, guildId, 'BanMembers') && outranks(state, guildId, userId),
  )
  const [asking, setAsking] = useState<'kick' | 'ban' | null>(null)
  const message = () =>
    attempt(async () => {
      const channel = await openDm(userId)
      onDone()
      await navigate({ to: '/channels/@me/$channelId', params: { channelId: channel.id } })
    })
  const canBefriend = !isBot && (relationship === undefined || relationship === RELATIONSHIP.incoming)
  return (
    <div className="flex flex-wrap gap-2">
      <Button small variant="primary" onClick={() => void message()}>
        <MessageCircle size={16} aria-hidden /> {t('profile.message')}
      </Button>
      {canBefriend && (
        <Button small onClick={() => void attempt(() => acceptFriend(userId))}>
          <UserPlus size={16} aria-hidden /> {t('profile.befriend')}
        </Button>
      )}
      {relationship === RELATIONSHIP.blocked ? (
        <Button small onClick={() => void attempt(() => endRelationship(userId))}>
          {t('friends.unblock')}
        </Button>
      ) : (
        <Button small onClick={() => void attempt(() => blockUser(userId))}>
          <Ban size={16} aria-hidden /> {t('friends.block')}
        </Button>
      )}
      {canKick && (
        <Button small onClick={() => setAsking('kick')}>
          <UserMinus size={16} aria-hidden /> {t('profile.kick')}
        </Button>
      )}
      {canBan && !isBot && (
        <Button small onClick={() => setAsking('ban')}>
          {t('profile.ban')}
        </Button>
      )}
      <ConfirmDialog
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={asking === 'ban' ? t('profile.banTitle', { name }) : t('profile.kickTitle', { name })}
        description={asking === 'ban' ? t('profile.banText') : t('profile.kickText')}
        confirmLabel={asking === 'ban' ? t('profile.ban') : t('profile.kick')}
        cancelLabel={t('common.cancel')}
        onConfirm={() =>
          attempt(() =>
            asking === 'ban' ? banMember(guildId ?? '', userId) : removeMember(guildId ?? '', userId),
          )
        }
      />
    </div>
  )
}
