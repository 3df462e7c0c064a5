import { ApiError } from '@convive/protocol/errors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../context.ts'
import { attachmentKey, isValidLink } from '../storage/attachment-urls.ts'
import {
  DEFAULT_AVATARS,
  drawDefaultAvatar,
  findVariant,
  snapWidth,
  type VariantFormat,
} from '../storage/image-variants.ts'
import { findImageKey, type ImageFolder } from '../storage/images.ts'
import { WorkQueue } from '../storage/work-queue.ts'
import { sendBytes } from './byte-ranges.ts'

const IMAGE_FOLDERS: ImageFolder[] = ['avatars', 'banners', 'icons', 'app-icons']
const SMALLEST_IMAGE = 16
const LARGEST_IMAGE = 4096
const DEFAULT_SIZE = 1024
const YEAR_S = 31_536_000
const DAY_S = 86_400
/** Files read at once, and kept for readers that are slow. Each is whole in memory while it is sent. */
const FILE_READS = new WorkQueue({ atOnce: 8, waiting: 256 })
const BYTES_IN_FLIGHT = 256 * 1024 * 1024
/** A reader that takes nothing for so long is let go. */
const IDLE_READER_MS = 30_000

const IMAGE_TYPES: Record<VariantFormat, string> = {
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
  gif: 'image/gif',
}

/** What a browser may show by itself. Everything else is a download: it could run as a page of ours. */
const SHOWN_TYPES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  txt: 'text/plain; charset=utf-8',
}

/** Adds Discord's CDN paths: pictures by hash, and attachments by signed links. None needs an account. */
export function addCdnRoutes(server: FastifyInstance, app: App): void {
  for (const folder of IMAGE_FOLDERS) {
    server.get(`/${folder}/:owner/:file`, (request, reply) => sendImage(app, folder, request, reply))
  }
  server.get('/embed/avatars/:file', sendDefaultAvatar)
  // A wildcard: a long name in a script of many bytes is longer than a parameter may be.
  server.get('/attachments/:channel/:attachment/*', (request, reply) => sendAttachment(app, request, reply))
  server.get('/media/:channel/:attachment/*', (request, reply) => sendMedia(app, request, reply))
}

async function sendImage(app: App, folder: ImageFolder, request: FastifyRequest, reply: FastifyReply) {
  const { owner = '', file = '' } = request.params as Record<string, string>
  const { hash, format } = readFile(file)
  const key = findImageKey(folder, owner, hash)
  const moves = hash.startsWith('a_')
  if (!key || !format || (format === 'gif' && !moves)) throw new ApiError('NotFound')
  const { animated } = request.query as { animated?: string }
  const size = readSize(request)
  const variant = {
    width: size,
    height: size,
    format,
    animated: moves && (format === 'gif' || animated === 'true'),
  }
  const bytes = await findVariant(key, variant, () => app.files.read(key))
  if (!bytes) throw new ApiError('NotFound')
  return sendPublic(reply, bytes, IMAGE_TYPES[format], YEAR_S)
}

async function sendDefaultAvatar(request: FastifyRequest, reply: FastifyReply) {
  const { file = '' } = request.params as Record<string, string>
  const index = /^([0-5])\.png$/.exec(file)?.[1]
  if (index === undefined || Number(index) >= DEFAULT_AVATARS) throw new ApiError('NotFound')
  const size = readSize(request)
  const variant = { width: size, height: size, format: 'png' as const, animated: false }
  const bytes = await findVariant(`default/${index}`, variant, () => drawDefaultAvatar(Number(index)))
  if (!bytes) throw new ApiError('NotFound')
  return sendPublic(reply, bytes, IMAGE_TYPES.png, YEAR_S)
}

async function sendAttachment(app: App, request: FastifyRequest, reply: FastifyReply) {
  const { key, filename } = requireLink(app, request)
  const type = SHOWN_TYPES[extensionOf(filename)]
  const bytes = await holdBytes(() => app.files.read(key), reply)
  protect(reply)
  reply.header('cache-control', `private, max-age=${DAY_S}, immutable`)
  reply.header('content-disposition', disposition(type ? 'inline' : 'attachment', filename))
  return sendBytes(request, reply, bytes, type ?? 'application/octet-stream')
}

/** The attachment made smaller, if it is a picture and that was asked for. */
async function sendMedia(app: App, request: FastifyRequest, reply: FastifyReply) {
  const { key, filename } = requireLink(app, request)
  const query = request.query as { width?: string; height?: string; format?: string }
  const original = extensionOf(filename)
  const type = SHOWN_TYPES[original]
  const wanted = query.width !== undefined || query.height !== undefined || query.format !== undefined
  if (!wanted || !type?.startsWith('image/')) return sendAttachment(app, request, reply)
  const width = readPixels(query.width)
  const height = readPixels(query.height)
  // What fits the box: a width from the ladder, and the height in proportion to it.
  const box = snapWidth(width ?? LARGEST_IMAGE)
  const tall = height === null ? LARGEST_IMAGE : snapWidth(height)
  const format = readFormat(query.format) ?? (original === 'gif' ? 'gif' : 'webp')
  const variant = { width: box, height: tall, format, animated: original === 'gif' && format === 'gif' }
  const bytes = await findVariant(key, variant, () => app.files.read(key))
  if (!bytes) return sendAttachment(app, request, reply)
  protect(reply)
  return reply
    .header('cache-control', `private, max-age=${DAY_S}, immutable`)
    .header('content-disposition', disposition('inline', filename))
    .type(IMAGE_TYPES[format])
    .send(bytes)
}

function requireLink(app: App, request: FastifyRequest): { key: string; filename: string } {
  const { channel = '', attachment = '', '*': filename = '' } = request.params as Record<string, string>
  const { ex, is, hm } = request.query as Record<string, unknown>
  const isPlain = (text: unknown): text is string => typeof text === 'string'
  // What we signed is safe; this is for the day when somebody signs more.
  const safe =
    /^\d{1,20}$/.test(channel) && /^\d{1,20}$/.test(attachment) && !/^\.{0,2}$|[/\\\0]/.test(filename)
  if (!safe || !isPlain(ex) || !isPlain(is) || !isPlain(hm)) throw new ApiError('NotFound')
  const link = { channelId: channel, attachmentId: attachment, filename, ex, is }
  if (!isValidLink(app, link, hm)) throw new ApiError('NotFound')
  return { key: attachmentKey(channel, attachment), filename }
}

let bytesInFlight = 0

async function holdBytes(read: () => Promise<Uint8Array | null>, reply: FastifyReply): Promise<Uint8Array> {
  if (bytesInFlight > BYTES_IN_FLIGHT) throw new ApiError('Overloaded')
  const bytes = await FILE_READS.run(read)
  if (!bytes) throw new ApiError('NotFound')
  // Who left while we read is not heard of again.
  if (reply.raw.closed) return bytes
  bytesInFlight += bytes.length
  reply.raw.once('close', () => {
    bytesInFlight -= bytes.length
  })
  reply.raw.setTimeout(IDLE_READER_MS, () => reply.raw.destroy())
  return bytes
}

function sendPublic(reply: FastifyReply, bytes: Buffer, type: string, maxAgeS: number): FastifyReply {
  protect(reply)
  return reply
    .header('cache-control', `public, max-age=${maxAgeS}, immutable`)
    .header('access-control-allow-origin', '*')
    .type(type)
    .send(bytes)
}

/** Whatever the bytes are, they are no page of ours. */
function protect(reply: FastifyReply): void {
  reply
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('cross-origin-resource-policy', 'cross-origin')
}

function readFile(file: string): { hash: string; format: VariantFormat | null } {
  const dot = file.lastIndexOf('.')
  return { hash: file.slice(0, Math.max(0, dot)), format: dot > 0 ? readFormat(file.slice(dot + 1)) : null }
}

function readFormat(text: string | undefined): VariantFormat | null {
  const format = text?.toLowerCase() === 'jpeg' ? 'jpg' : text?.toLowerCase()
  return format === 'png' || format === 'webp' || format === 'jpg' || format === 'gif' ? format : null
}

/** `?size=`, a power of two from 16 to 4096, as Discord has it. */
function readSize(request: FastifyRequest): number {
  const { size } = request.query as { size?: string }
  if (size === undefined) return DEFAULT_SIZE
  const pixels = Number(size)
  const isPower = Number.isInteger(pixels) && (pixels & (pixels - 1)) === 0
  if (!isPower || pixels < SMALLEST_IMAGE || pixels > LARGEST_IMAGE)
    throw new ApiError('InvalidFormBody', {
      fields: [
        { path: ['size'], code: 'BASE_TYPE_CHOICES', message: 'Must be a power of two from 16 to 4096.' },
      ],
    })
  return pixels
}

function readPixels(text: string | undefined): number | null {
  const pixels = Math.ceil(Number(text))
  return text !== undefined && pixels >= 1 ? Math.min(pixels, LARGEST_IMAGE) : null
}

function extensionOf(filename: string): string {
  const dot = filename.lastIndexOf('.')
  return dot > 0 ? filename.slice(dot + 1).toLowerCase() : ''
}

/** https://www.rfc-editor.org/rfc/rfc6266: a plain name for old readers, the real one beside it. */
function disposition(kind: 'inline' | 'attachment', filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\]/g, '_')
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`
}
