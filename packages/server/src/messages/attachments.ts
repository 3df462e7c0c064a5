import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import sharp from 'sharp'
import type { App } from '../context.ts'
import { attachmentKey } from '../storage/attachment-urls.ts'
import { mintId } from '../storage/database.ts'
import type { StoredAttachment } from './wire.ts'

/** A file that comes with a message. */
export interface NewFile {
  filename: string
  contentType: string
  bytes: Buffer
  description?: string | undefined
}

/** Job that removes files of deleted messages; its payload is `{ keys }`. */
export const DELETE_FILES_JOB = 'files.delete'

/** A picture with more pixels is kept as a file, without size or thumbnail. */
const IMAGE_PIXELS = 100_000_000
const FILENAME_CHARS = 150

/** Stores the files of a message, before it is written. A message that is then refused leaves files that nobody can name. */
export async function storeAttachments(
  app: App,
  channelId: string,
  files: readonly NewFile[],
): Promise<StoredAttachment[]> {
  if (files.length > LIMITS.attachmentsPerMessage) throw new ApiError('RequestTooLarge')
  return Promise.all(files.map((file) => storeAttachment(app, channelId, file)))
}

/** Removes files that no message names any more. */
export async function deleteFiles(app: App, payload: unknown): Promise<void> {
  for (const key of (payload as { keys: string[] }).keys) await app.files.delete(key)
}

async function storeAttachment(app: App, channelId: string, file: NewFile): Promise<StoredAttachment> {
  if (file.bytes.length > LIMITS.attachmentBytes) throw new ApiError('RequestTooLarge')
  const id = await mintId(app.db)
  const filename = safeFilename(file.filename)
  const size = await imageSize(file)
  await app.files.put(attachmentKey(channelId, id), file.bytes)
  return {
    id,
    filename,
    size: file.bytes.length,
    contentType: size ? `image/${size.format}` : safeContentType(file.contentType),
    ...(file.description !== undefined && { description: file.description }),
    ...(size && { width: size.width, height: size.height }),
  }
}

/** A name that is one path segment everywhere. Letters of any script stay. */
export function safeFilename(name: string): string {
  const base = name.split(/[\\/]/).pop() ?? ''
  const kept = base
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^\.+/, '_')
  const dot = kept.lastIndexOf('.')
  const extension = dot > 0 ? kept.slice(dot).slice(0, 20) : ''
  const stem = dot > 0 ? kept.slice(0, dot) : kept
  return `${[...stem].slice(0, FILENAME_CHARS - extension.length).join('') || 'file'}${extension}`
}

/** The type is a hint for the page; what could run as a page is sent as a plain file. */
function safeContentType(type: string): string {
  const plain = type.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!/^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(plain))
    return 'application/octet-stream'
  return /html|svg|xml|javascript/.test(plain) ? 'application/octet-stream' : plain
}

async function imageSize(file: NewFile): Promise<{ width: number; height: number; format: string } | null> {
  if (!/^image\//.test(file.contentType) && !/\.(png|jpe?g|gif|webp|avif)$/i.test(file.filename)) return null
  try {
    const meta = await sharp(file.bytes, { limitInputPixels: IMAGE_PIXELS }).metadata()
    if (!['png', 'jpeg', 'gif', 'webp', 'heif'].includes(meta.format)) return null
    const { width, height } = meta.autoOrient
    return { width, height, format: meta.format === 'heif' ? 'avif' : meta.format }
  } catch {
    // Not a picture after all: it is kept as the file it is.
    return null
  }
}
