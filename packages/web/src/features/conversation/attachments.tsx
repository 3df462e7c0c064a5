import { Dialog } from '@base-ui/react/dialog'
import { Download, ExternalLink, FileText, X } from 'lucide-react'
import { useState } from 'react'
import { attachmentUrl, thumbnailUrl } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { IconButton } from '../../ui/button.tsx'
import type { Attachment } from '../../wire.ts'
import { sizeText } from './file-size.ts'

/** Thumbnails are no larger than this, in CSS pixels. */
const THUMBNAIL = { width: 420, height: 320 }

/** Files of a message: pictures as pictures, video and sound played in place, the rest to download. */
export function Attachments({ attachments }: { attachments: Attachment[] }) {
  if (attachments.length === 0) return null
  return (
    <div className="mt-1.5 flex flex-wrap gap-2">
      {attachments.map((attachment) => (
        <One key={attachment.id} attachment={attachment} />
      ))}
    </div>
  )
}

function One({ attachment }: { attachment: Attachment }) {
  const type = attachment.content_type ?? ''
  if (type.startsWith('image/') && attachment.width && attachment.height)
    return <Picture attachment={attachment} />
  if (type.startsWith('video/')) {
    return (
      // biome-ignore lint/a11y/useMediaCaption: what people upload has no captions
      <video
        controls
        preload="metadata"
        src={attachmentUrl(attachment)}
        aria-label={attachment.filename}
        className="max-h-80 max-w-full rounded-xl"
      />
    )
  }
  if (type.startsWith('audio/')) {
    return (
      // biome-ignore lint/a11y/useMediaCaption: as above
      <audio controls preload="metadata" src={attachmentUrl(attachment)} aria-label={attachment.filename} />
    )
  }
  return <FileCard attachment={attachment} />
}

function Picture({ attachment }: { attachment: Attachment }) {
  const t = useT()
  const [open, setOpen] = useState(false)
  const scale = Math.min(
    1,
    THUMBNAIL.width / (attachment.width ?? 1),
    THUMBNAIL.height / (attachment.height ?? 1),
  )
  const width = Math.round((attachment.width ?? 0) * scale)
  const height = Math.round((attachment.height ?? 0) * scale)
  const alt = attachment.description || attachment.filename
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger
        aria-label={t('attachment.open', { name: alt })}
        className="overflow-hidden rounded-xl bg-side"
        style={{ width, maxWidth: '100%', aspectRatio: `${width} / ${height}` }}
      >
        <img
          src={thumbnailUrl(attachment, width * 2, height * 2)}
          alt={alt}
          width={width}
          height={height}
          loading="lazy"
          className="size-full object-cover"
        />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/85" />
        <Dialog.Popup
          aria-label={alt}
          className="fixed inset-0 z-40 flex flex-col items-center justify-center gap-3 p-4 outline-none"
          onClick={() => setOpen(false)}
        >
          <img
            src={attachmentUrl(attachment)}
            alt={alt}
            className="max-h-[85dvh] max-w-full rounded-lg object-contain"
          />
          <div className="flex items-center gap-2 text-white">
            <span className="max-w-[60vw] truncate text-sm">{attachment.filename}</span>
            <a
              href={attachmentUrl(attachment)}
              target="_blank"
              rel="noopener"
              aria-label={t('attachment.original')}
              className="inline-flex size-9 items-center justify-center rounded-md hover:bg-white/15"
            >
              <ExternalLink size={18} aria-hidden />
            </a>
            <Dialog.Close
              render={
                <IconButton
                  label={t('common.close')}
                  className="text-white hover:bg-white/15 hover:text-white"
                >
                  <X size={19} />
                </IconButton>
              }
            />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function FileCard({ attachment }: { attachment: Attachment }) {
  const t = useT()
  return (
    <a
      href={attachmentUrl(attachment)}
      download={attachment.filename}
      aria-label={t('attachment.download', { name: attachment.filename })}
      className="flex max-w-full min-w-64 items-center gap-3 rounded-xl border border-line bg-side px-4 py-3 hover:bg-active"
    >
      <FileText size={24} aria-hidden className="shrink-0 text-muted" />
      <span className="min-w-0 flex-1 leading-snug">
        <span className="block truncate text-accent-text">{attachment.filename}</span>
        <span className="text-[13px] text-muted">{sizeText(attachment.size)}</span>
      </span>
      <Download size={18} aria-hidden className="shrink-0 text-muted" />
    </a>
  )
}
