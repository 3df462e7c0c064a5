import { Navigate, Outlet, useParams } from '@tanstack/react-router'
import { Hash } from 'lucide-react'
import { useEffect } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { firstChannelId } from '../../store/selectors.ts'
import { getState, useStore } from '../../store/store.ts'
import { Empty } from '../../ui/empty.tsx'
import { Conversation } from '../conversation/conversation.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { Shell } from '../shell/shell.tsx'
import { GuildSide } from './guild-side.tsx'

const lastChannels = new Map<string, string>()

/** A guild: its channels beside what is open. */
export function GuildLayout() {
  const { guildId } = useParams({ from: '/app/channels/$guildId' })
  const known = useStore((state) => !state.ready || guildId in state.guilds)
  if (!known) return <Navigate to="/channels/@me" replace />
  return (
    <Shell side={<GuildSide key={guildId} guildId={guildId} />}>
      <Outlet />
    </Shell>
  )
}

/** `/channels/:guild` leads on to the channel that was open last, or the first. */
export function GuildIndexPage() {
  const t = useT()
  const { guildId } = useParams({ from: '/app/channels/$guildId' })
  const first = useStore((state) => firstChannelId(state, guildId))
  const guild = useStore((state) => state.guilds[guildId])
  const last = lastChannels.get(guildId)
  const channelId = last && last in getState().channels ? last : first
  if (channelId)
    return <Navigate to="/channels/$guildId/$channelId" params={{ guildId, channelId }} replace />
  return (
    <main className="flex h-full flex-col">
      <PageHeader icon={<Hash size={20} />} title={guild?.name ?? ''} />
      <div className="flex flex-1 items-center">
        <Empty
          icon={<Hash size={26} />}
          title={guild?.unavailable ? t('guild.unavailable') : t('guild.noChannels')}
          text={guild?.unavailable ? t('guild.unavailableText') : t('guild.noChannelsText')}
        />
      </div>
    </main>
  )
}

/** `/channels/:guild/:channel` */
export function ChannelPage() {
  const { guildId, channelId } = useParams({ from: '/app/channels/$guildId/$channelId' })
  useRemembered(guildId, channelId)
  return <Conversation key={channelId} channelId={channelId} />
}

/** `/channels/:guild/:channel/:message` */
export function MessagePage() {
  const { guildId, channelId, messageId } = useParams({
    from: '/app/channels/$guildId/$channelId/$messageId',
  })
  useRemembered(guildId, channelId)
  return <Conversation key={channelId} channelId={channelId} messageId={messageId} />
}

function useRemembered(guildId: string, channelId: string): void {
  useEffect(() => {
    lastChannels.set(guildId, channelId)
  }, [guildId, channelId])
}
