import { Upload } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { canInChannel } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import type { Channel } from '../../wire.ts'

/** Files dropped anywhere on the conversation go into the composer. */
export function DropArea({
  channel,
  onFiles,
  children,
}: {
  channel: Channel
  onFiles: (files: File[]) => void
  children: ReactNode
}) {
  const t = useT()
  const [over, setOver] = useState(false)
  const allowed = useStore((state) => canInChannel(state, channel, 'AttachFiles'))
  const carriesFiles = (event: React.DragEvent) => allowed && event.dataTransfer.types.includes('Files')
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way beside the composer's button
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragOver={(event) => {
        if (!carriesFiles(event)) return
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      }}
      onDrop={(event) => {
        setOver(false)
        if (!carriesFiles(event)) return
        event.preventDefault()
        onFiles([...event.dataTransfer.files])
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-3 z-20 flex flex-col items-center justify-center gap-3 rounded-2xl border-2 border-dashed border-accent bg-canvas/90 text-accent-text">
          <Upload size={30} aria-hidden />
          <p className="font-medium">{t('composer.drop')}</p>
        </div>
      )}
    </div>
  )
}
