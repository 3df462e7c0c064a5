import { snowflakeAt } from '@convive/protocol/snowflakes'
import { sendMessage } from '../../connection/discord.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { applyMessage, putEcho, removeEcho } from '../../store/apply-messages.ts'
import type { Echo } from '../../store/state.ts'
import { changeState } from '../../store/store.ts'

export interface Outgoing {
  content: string
  files: readonly File[]
  replyTo: string | null
}

// Files of messages that are not confirmed, for trying again.
const waiting = new Map<string, Outgoing>()

let sequence = 0

function newNonce(): string {
  sequence = (sequence + 1) % 4096
  return String(BigInt(snowflakeAt(Date.now())) + BigInt(sequence))
}

/** Sends a message: shown at once, under a nonce, and confirmed or marked as failed later. */
export async function send(channelId: string, outgoing: Outgoing): Promise<void> {
  const nonce = newNonce()
  waiting.set(nonce, outgoing)
  await deliver(channelId, nonce, outgoing)
}

/** Tries a failed message again. */
export async function resend(channelId: string, nonce: string): Promise<void> {
  const outgoing = waiting.get(nonce)
  if (outgoing) await deliver(channelId, nonce, outgoing)
}

/** Gives a failed message up. */
export function discard(channelId: string, nonce: string): void {
  waiting.delete(nonce)
  changeState((state) => removeEcho(state, channelId, nonce))
}

async function deliver(channelId: string, nonce: string, outgoing: Outgoing): Promise<void> {
  const echo: Echo = {
    nonce,
    content: outgoing.content,
    attachments: outgoing.files.map((file) => ({ filename: file.name, size: file.size })),
    reply_to: outgoing.replyTo,
    created_at: Date.now(),
    failure: null,
  }
  changeState((state) => putEcho(state, channelId, echo))
  const reference = outgoing.replyTo ? { message_reference: { message_id: outgoing.replyTo } } : {}
  try {
    const message = await sendMessage(
      channelId,
      { content: outgoing.content, nonce, ...reference },
      outgoing.files,
    )
    waiting.delete(nonce)
    changeState((state) =>
      removeEcho(applyMessage(state, { ...message, nonce }, Date.now()), channelId, nonce),
    )
  } catch (error) {
    changeState((state) => putEcho(state, channelId, { ...echo, failure: failureText(error) }))
  }
}
