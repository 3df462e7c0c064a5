import { createHash } from 'node:crypto'
import { invalid } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import sharp from 'sharp'
import type { App } from '../context.ts'
import { WorkQueue } from './work-queue.ts'

/** Folders of kept images, each with the field that it is sent in. */
const FIELDS = { avatars: 'avatar', banners: 'banner', icons: 'icon', 'app-icons': 'icon' } as const
export type ImageFolder = keyof typeof FIELDS

/** All frames together: a small file can unfold to gigabytes. */
const IMAGE_PIXELS = 64_000_000
const FRAMES = 500
const KEPT_SIZE: Record<ImageFolder, number> = {
  avatars: 1024,
  banners: 2048,
  icons: 1024,
  'app-icons': 1024,
}
const KEPT_SIZE_ANIMATED = 512
/** Pictures decoded at once take memory; those that wait take what they were uploaded as. */
export const imageWork = new WorkQueue({ atOnce: 2, waiting: 64 })

const DATA_URI = /^data:image\/(?:png|jpe?g|gif|webp|avif);base64,([A-Za-z0-9+/]+={0,2})$/

/**
 * Keeps a picture sent as a data URI: checked, freed of its metadata, at most as large as it is shown. Ends with its
 * hash for the CDN's addresses (`a_…` if it moves), or null for null. Throws a field error.
 */
export async function saveImage(
  app: App,
  folder: ImageFolder,
  ownerId: string,
  dataUri: string | null,
): Promise<string | null> {
  if (dataUri === null) return null
  const bytes = decodeDataUri(dataUri, FIELDS[folder])
  return saveImageBytes(app, folder, ownerId, bytes)
}

/** The same for bytes that came another way: a character card is a picture too. */
export async function saveImageBytes(
  app: App,
  folder: ImageFolder,
  ownerId: string,
  bytes: Buffer,
): Promise<string> {
  const field = FIELDS[folder]
  if (bytes.length > LIMITS.avatarBytes)
    throw invalid(field, 'BINARY_TYPE_MAX_SIZE', `File cannot be larger than ${LIMITS.avatarBytes} bytes.`)
  const image = await imageWork.run(() => normalise(bytes, KEPT_SIZE[folder], field))
  const digest = createHash('sha256').update(image.bytes).digest('hex').slice(0, 32)
  const hash = image.animated ? `a_${digest}` : digest
  await app.files.put(imageKey(folder, ownerId, hash), image.bytes)
  return hash
}

/** Where a kept picture lies; null unless id and hash are such that no other path can be meant. */
export function findImageKey(folder: ImageFolder, ownerId: string, hash: string): string | null {
  return /^\d{1,20}$/.test(ownerId) && /^(a_)?[0-9a-f]{32}$/.test(hash)
    ? imageKey(folder, ownerId, hash)
    : null
}

function imageKey(folder: ImageFolder, ownerId: string, hash: string): string {
  return `${folder}/${ownerId}/${hash}`
}

function decodeDataUri(dataUri: string, field: string): Buffer {
  const limit = Math.ceil(LIMITS.avatarBytes / 3) * 4 + 64
  if (dataUri.length > limit)
    throw invalid(field, 'BINARY_TYPE_MAX_SIZE', `File cannot be larger than ${LIMITS.avatarBytes} bytes.`)
  const base64 = DATA_URI.exec(dataUri)?.[1]
  if (!base64 || base64.length % 4 === 1) throw badImage(field)
  return Buffer.from(base64, 'base64')
}

async function normalise(
  bytes: Buffer,
  size: number,
  field: string,
): Promise<{ bytes: Buffer; animated: boolean }> {
  // Only what we name reaches a decoder: never SVG, which can name files and addresses of its own.
  const format = imageFormat(bytes)
  if (!format) throw badImage(field)
  try {
    const options = { limitInputPixels: IMAGE_PIXELS, failOn: 'error' as const }
    const { pages = 1, width = 0, pageHeight, height = 0 } = await sharp(bytes, options).metadata()
    const animated = pages > 1 && (format === 'gif' || format === 'webp')
    if (!animated) {
      const still = sharp(bytes, options)
        .autoOrient()
        .resize(size, size, { fit: 'inside', withoutEnlargement: true })
      return { bytes: await still.webp({ quality: 92 }).toBuffer(), animated }
    }
    if (pages > FRAMES || width * (pageHeight ?? height) * pages > IMAGE_PIXELS) throw badImage(field)
    const moving = sharp(bytes, { ...options, animated: true }).resize(
      KEPT_SIZE_ANIMATED,
      KEPT_SIZE_ANIMATED,
      {
        fit: 'inside',
        withoutEnlargement: true,
      },
    )
    return {
      bytes: await (format === 'gif' ? moving.gif() : moving.webp({ quality: 85 })).toBuffer(),
      animated,
    }
  } catch {
    // Whatever the decoder says, it is about their file.
    throw badImage(field)
  }
}

export type ImageFormat = 'png' | 'jpeg' | 'gif' | 'webp' | 'avif'

/** What the bytes begin as; null for anything that is not one of the five. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif'
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp'
  return head.startsWith('ftypavif', 4) || head.startsWith('ftypavis', 4) ? 'avif' : null
}

function badImage(field: string): Error {
  return invalid(
    field,
    'IMAGE_INVALID',
    'This is not a picture that can be read: send PNG, JPEG, GIF, WebP or AVIF.',
  )
}
