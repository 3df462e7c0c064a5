import { startTyping } from '../../connection/discord.ts'

/** Discord shows a typing sign for ten seconds; it is renewed a little before. */
const RENEW_MS = 8000

let toldAt = 0
let toldChannel = ''

/** Tells the others that one is typing, not more often than needed. */
export function tellTyping(channelId: string): void {
  const now = Date.now()
  if (channelId === toldChannel && now - toldAt < RENEW_MS) return
  toldAt = now
  toldChannel = channelId
  // A lost sign is no loss.
  startTyping(channelId).catch(() => undefined)
}
