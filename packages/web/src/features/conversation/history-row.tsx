import { Hash, Users } from 'lucide-react'
import { memo } from 'react'
import { avatarUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { channelName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { CHANNEL, type Channel, MESSAGE } from '../../wire.ts'
import { DraftRow } from './draft-row.tsx'
import { EchoRow } from './echo-row.tsx'
import { MessageRow } from './message-row.tsx'
import type { Row } from './rows.ts'
import { SystemRow } from './system-row.tsx'
import { dayText } from './times.ts'

interface HistoryRowProps {
  row: Row
  channel: Channel
  marked: boolean
  editing: boolean
  replying: boolean
  last: boolean
}

/** One line of the history, whatever it is. */
export const HistoryRow = memo(function HistoryRow({
  row,
  channel,
  marked,
  editing,
  replying,
  last,
}: HistoryRowProps) {
  switch (row.kind) {
    case 'beginning':
      return <Beginning channel={channel} />
    case 'older':
    case 'newer':
      return <More />
    case 'end':
      return <div className="h-4" />
    case 'day':
      return <Day timeMs={row.timeMs} />
    case 'new':
      return <NewLine />
    case 'echo':
      return <EchoRow channelId={channel.id} echo={row.echo} grouped={row.grouped} />
    case 'draft':
      return <DraftRow draft={row.draft} grouped={row.grouped} />
    case 'message':
      if (row.message.type !== MESSAGE.default && row.message.type !== MESSAGE.reply)
        return <SystemRow message={row.message} />
      return (
        <MessageRow
          message={row.message}
          grouped={row.grouped}
          live={row.live}
          note={row.note}
          marked={marked}
          editing={editing}
          replying={replying}
          last={last}
        />
      )
  }
}, sameRow)

// Rows are built anew with every event; most say the same as before.
function sameRow(a: HistoryRowProps, b: HistoryRowProps): boolean {
  if (
    a.channel !== b.channel ||
    a.marked !== b.marked ||
    a.editing !== b.editing ||
    a.replying !== b.replying ||
    a.last !== b.last
  )
    return false
  const keys = Object.keys(a.row) as (keyof Row)[]
  return keys.length === Object.keys(b.row).length && keys.every((key) => a.row[key] === b.row[key])
}

function More() {
  const t = useT()
  return (
    <div className="flex h-12 items-center justify-center text-muted">
      <Spinner label={t('common.loading')} />
    </div>
  )
}

function Day({ timeMs }: { timeMs: number }) {
  return (
    <div className="mx-4 mt-5 mb-1 flex items-center gap-3 text-[13px] text-muted">
      <span className="h-px flex-1 bg-line" />
      <span>{dayText(timeMs)}</span>
      <span className="h-px flex-1 bg-line" />
    </div>
  )
}

function NewLine() {
  const t = useT()
  return (
    <div className="mx-4 my-2 flex items-center gap-3 text-[13px] font-medium text-danger">
      <span className="h-px flex-1 bg-danger" />
      <span>{t('conversation.new')}</span>
    </div>
  )
}

function Beginning({ channel }: { channel: Channel }) {
  const t = useT()
  const name = useStore((state) => channelName(state, channel))
  const other = useStore((state) =>
    channel.type === CHANNEL.dm ? state.users[channel.recipients?.[0]?.id ?? ''] : undefined,
  )
  const text = other
    ? t('conversation.beginDm', { name })
    : channel.type === CHANNEL.group
      ? t('conversation.beginGroup')
      : t('conversation.beginChannel', { name })
  return (
    <div className="flex flex-col items-start gap-2 px-4 pt-8 pb-3 sm:px-5">
      {other ? (
        <Avatar id={other.id} name={name} src={avatarUrl(other)} size={64} />
      ) : (
        <span
          aria-hidden
          className="flex size-14 items-center justify-center rounded-2xl bg-accent-soft text-accent-text"
        >
          {channel.type === CHANNEL.group ? <Users size={26} /> : <Hash size={26} />}
        </span>
      )}
      <h2 className="text-2xl font-semibold">
        {channel.guild_id ? t('conversation.welcome', { name }) : name}
      </h2>
      <p className="text-muted">{text}</p>
    </div>
  )
}
