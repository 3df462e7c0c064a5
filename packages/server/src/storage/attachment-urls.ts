import type { App } from '../context.ts'

const DAY_S = 86_400
/** A link lasts from one to two days, and is the same all day, so that it can be cached. */
const LINK_DAYS = 2

/** Where an attachment's bytes lie. Its name is not part of it: names are longer, and in more scripts, than keys may be. */
export function attachmentKey(channelId: string, attachmentId: string): string {
  return `attachments/${channelId}/${attachmentId}`
}

/**
 * Path and query under which an attachment can be fetched without an account, until it expires. `/media` in the place
 * of `/attachments` serves it too, and smaller if asked to.
 */
export function signAttachmentUrl(
  app: App,
  channelId: string,
  attachmentId: string,
  filename: string,
): string {
  const issuedS = Math.floor(app.now() / 1000 / DAY_S) * DAY_S
  const is = issuedS.toString(16)
  const ex = (issuedS + LINK_DAYS * DAY_S).toString(16)
  const hm = app.secrets.sign(signedText({ channelId, attachmentId, filename, ex, is }))
  return `/attachments/${channelId}/${attachmentId}/${encodeURIComponent(filename)}?ex=${ex}&is=${is}&hm=${hm}`
}

export interface AttachmentLink {
  channelId: string
  attachmentId: string
  filename: string
  /** Seconds since 1970, in hexadecimal. */
  ex: string
  is: string
}

/** Whether we made this link, and it has not expired. */
export function isValidLink(app: App, link: AttachmentLink, signature: string): boolean {
  if (!app.secrets.verify(signedText(link), signature)) return false
  return Number.parseInt(link.ex, 16) * 1000 > app.now()
}

/** A path of ours as a whole address: bots fetch from outside. */
export function absoluteUrl(app: App, path: string): string {
  return app.origin + path
}

function signedText(link: AttachmentLink): string {
  return ['attachment', link.channelId, link.attachmentId, link.filename, link.ex, link.is].join('\0')
}
