import { LIMITS } from '@convive/protocol/limits'
import { FileText, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { IconButton } from '../../ui/button.tsx'
import { classes } from '../../ui/classes.ts'
import { sizeText } from './file-size.ts'

/** Files that go with the next message. Too large ones say so and hold the message back. */
export function FileList({
  files,
  onChange,
  max,
}: {
  files: File[]
  onChange: (files: File[]) => void
  max: number
}) {
  const t = useT()
  return (
    <div className="border border-b-0 border-line bg-side px-3 py-2.5 first:rounded-t-xl">
      <ul aria-label={t('composer.files')} className="flex flex-wrap gap-2">
        {files.map((file, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: the same file may be there twice
            key={index}
            className={classes(
              'flex max-w-60 items-center gap-2.5 rounded-lg border bg-raised py-1.5 pr-1 pl-2.5',
              file.size > LIMITS.attachmentBytes ? 'border-danger' : 'border-line',
            )}
          >
            <Preview file={file} />
            <span className="min-w-0 flex-1 text-[13px] leading-tight">
              <span className="block truncate">{file.name}</span>
              <span className={file.size > LIMITS.attachmentBytes ? 'text-danger' : 'text-muted'}>
                {file.size > LIMITS.attachmentBytes
                  ? t('composer.tooLarge', { max: sizeText(LIMITS.attachmentBytes) })
                  : sizeText(file.size)}
              </span>
            </span>
            <IconButton
              small
              label={t('composer.removeFile', { name: file.name })}
              onClick={() => onChange(files.toSpliced(index, 1))}
            >
              <X size={15} />
            </IconButton>
          </li>
        ))}
      </ul>
      {files.length > max && (
        <p role="alert" className="mt-1.5 text-[13px] text-danger">
          {t('composer.tooMany', { max })}
        </p>
      )}
    </div>
  )
}

function Preview({ file }: { file: File }) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!file.type.startsWith('image/')) return
    const made = URL.createObjectURL(file)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [file])
  if (!url) return <FileText size={22} aria-hidden className="shrink-0 text-muted" />
  return <img src={url} alt="" className="size-10 shrink-0 rounded-md object-cover" />
}

/** Whether the files may be sent as they are. */
export function filesFit(files: readonly File[]): boolean {
  return (
    files.length <= LIMITS.attachmentsPerMessage && files.every((file) => file.size <= LIMITS.attachmentBytes)
  )
}
