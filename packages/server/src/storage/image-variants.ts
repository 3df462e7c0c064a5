import { LRUCache } from 'lru-cache'
import sharp, { type Sharp } from 'sharp'
import { imageFormat, imageWork } from './images.ts'

export type VariantFormat = 'png' | 'webp' | 'jpg' | 'gif'

/** A picture as somebody wants it shown: no larger than the box, never larger than it is. */
export interface Variant {
  width: number
  height: number
  format: VariantFormat
  animated: boolean
}

/** Finished variants kept in memory; browsers and proxies keep the rest. */
const CACHED_BYTES = 64 * 1024 * 1024
const SOURCE_PIXELS = 100_000_000
/** Widths that a thumbnail can have: a link cannot make us draw one for each pixel. */
const WIDTHS = [64, 96, 128, 192, 256, 400, 550, 800, 1100, 1600, 2200, 3000, 4096]

const cache = new LRUCache<string, Buffer>({
  maxSize: CACHED_BYTES,
  sizeCalculation: (bytes) => bytes.length + 256,
})

/**
 * The variant of a picture, from memory or drawn now. `key` names the source; `read` is called only if it must be
 * drawn. Null if there is no source, or it is no picture.
 */
export async function findVariant(
  key: string,
  variant: Variant,
  read: () => Promise<Uint8Array | null>,
): Promise<Buffer | null> {
  const cacheKey = `${key} ${variant.width}x${variant.height} ${variant.format} ${variant.animated}`
  const known = cache.get(cacheKey)
  if (known) return known
  const drawn = await imageWork.run(async () => cache.get(cacheKey) ?? (await draw(await read(), variant)))
  if (drawn) cache.set(cacheKey, drawn)
  return drawn
}

/** The smallest of a few widths that fills the box, so that few sizes are ever drawn. */
export function snapWidth(width: number): number {
  return WIDTHS.find((step) => step >= width) ?? 4096
}

async function draw(bytes: Uint8Array | null, variant: Variant): Promise<Buffer | null> {
  if (!bytes || !imageFormat(bytes)) return null
  const image = sharp(bytes, { limitInputPixels: SOURCE_PIXELS, animated: variant.animated })
    .autoOrient()
    .resize(variant.width, variant.height, { fit: 'inside', withoutEnlargement: true })
  try {
    return await encode(image, variant.format)
  } catch {
    // What cannot be decoded has no thumbnail.
    return null
  }
}

function encode(image: Sharp, format: VariantFormat): Promise<Buffer> {
  if (format === 'png') return image.png().toBuffer()
  if (format === 'gif') return image.gif().toBuffer()
  if (format === 'jpg') return image.flatten({ background: '#ffffff' }).jpeg({ quality: 85 }).toBuffer()
  return image.webp({ quality: 85 }).toBuffer()
}

/** Background and shape of the pictures that accounts have before they choose one: as many as Discord has. */
const DEFAULT_COLORS = ['#5b6cc9', '#6b7280', '#3f8f6b', '#c08a2e', '#c2554d', '#b0568f']
export const DEFAULT_AVATARS = DEFAULT_COLORS.length
const DEFAULT_AVATAR_SIZE = 256

/** Draws a default avatar: two people at a table. */
export function drawDefaultAvatar(index: number): Promise<Buffer> {
  const color = DEFAULT_COLORS[index % DEFAULT_COLORS.length] ?? '#5b6cc9'
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="${DEFAULT_AVATAR_SIZE}" height="${DEFAULT_AVATAR_SIZE}">
    <rect width="64" height="64" fill="${color}"/>
    <g fill="#fff"><circle cx="23" cy="25" r="7"/><circle cx="41" cy="25" r="7"/>
    <path d="M12 42a11 9 0 0 1 22 0zM30 42a11 9 0 0 1 22 0z" fill-opacity=".92"/><rect x="10" y="44" width="44" height="4" rx="2"/></g></svg>`
  return sharp(Buffer.from(svg)).png().toBuffer()
}
