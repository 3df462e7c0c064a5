import { LIMITS } from '@convive/protocol/limits'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel, isBlocked } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { CHANNEL, type Channel, type Message } from '../../wire.ts'
import { ComposerBox } from './composer-box.tsx'
import { FileList } from './file-list.tsx'
import { ReplyBar } from './reply-bar.tsx'

interface ComposerProps {
  channel: Channel
  name: string
  replying: Message | null
  onReplyDone: () => void
  files: File[]
  onFiles: (files: File[]) => void
}

/** Where one writes; says why, where one may not. */
export function Composer({ channel, name, replying, onReplyDone, files, onFiles }: ComposerProps) {
  const t = useT()
  const allowed = useStore((state) => canInChannel(state, channel, 'SendMessages'))
  const blocked = useStore(
    (state) => channel.type === CHANNEL.dm && isBlocked(state, channel.recipients?.[0]?.id ?? ''),
  )
  if (!allowed || blocked) {
    return (
      <p className="mx-4 mt-1 rounded-xl bg-side px-4 py-3 text-sm text-muted">
        {blocked ? t('composer.blocked') : t('composer.notAllowed')}
      </p>
    )
  }
  return (
    <div className="mx-3 mt-1 shrink-0 sm:mx-4">
      {replying && <ReplyBar message={replying} onCancel={onReplyDone} />}
      {files.length > 0 && <FileList files={files} onChange={onFiles} max={LIMITS.attachmentsPerMessage} />}
      <ComposerBox
        channel={channel}
        name={name}
        replying={replying}
        onReplyDone={onReplyDone}
        files={files}
        onFiles={onFiles}
      />
    </div>
  )
}
