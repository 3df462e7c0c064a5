// Where pictures and files are: Discord's CDN paths, on our own origin.
import type { Attachment } from '../wire.ts'

/** A user's avatar, or null where a drawn one has to do. `size` in pixels, a power of two. */
export function avatarUrl(user: { id: string; avatar: string | null }, size = 128): string | null {
  return user.avatar ? `/avatars/${user.id}/${user.avatar}.png?size=${size}` : null
}

export function guildIconUrl(guild: { id: string; icon: string | null }, size = 128): string | null {
  return guild.icon ? `/icons/${guild.id}/${guild.icon}.png?size=${size}` : null
}

/** An attachment's address as this page may load it: the server writes absolute ones, for bots, under the name that it knows itself by. */
export function attachmentUrl(attachment: Pick<Attachment, 'url'>): string {
  return samePath(attachment.url)
}

/** A smaller picture of an attached image, at most `width` x `height` CSS pixels. */
export function thumbnailUrl(attachment: Attachment, width: number, height: number): string {
  const url = samePath(attachment.proxy_url || attachment.url)
  const separator = url.includes('?') ? '&' : '?'
  return `${url}${separator}width=${Math.round(width)}&height=${Math.round(height)}`
}

function samePath(url: string): string {
  const parsed = new URL(url, location.origin)
  return parsed.pathname + parsed.search
}

/** Reads a file as a data URI, as Discord takes avatars and icons. */
export function readDataUri(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })
}
