import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { hasPermission } from '@convive/protocol/permissions'
import type { Actor, App } from '../context.ts'
import { type Access, getAccess, requirePermission } from '../guilds/access.ts'
import { channelAudience, guildIdOf, versionOf } from './audience.ts'
import { changeMessage } from './edit.ts'
import { getRow, toWire } from './read.ts'
import { sendMessage } from './send.ts'
import { PIN_MESSAGE, type WireMessage } from './wire.ts'

/** Pins a message and says so in the channel. Needs PIN_MESSAGES (or, as it was before that bit, MANAGE_MESSAGES). */
export async function pinMessage(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  requireMayPin(access)
  const row = await getRow(app.db, channelId, messageId)
  if (row.pinned_at) return
  const now = new Date(app.now())
  await changeMessage(app, access, messageId, { pinned_at: now }, async (tx) => {
    const { count } = await tx
      .selectFrom('messages')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('channel_id', '=', channelId)
      .where('pinned_at', 'is not', null)
      .executeTakeFirstOrThrow()
    if (Number(count) > LIMITS.pinsPerChannel) throw new ApiError('TooManyPins')
    await tx.updateTable('channels').set({ last_pin_at: now }).where('id', '=', channelId).execute()
    tx.emit(pinsUpdate(access, now))
  })
  await sendMessage(app, actor, {
    channelId,
    content: '',
    type: PIN_MESSAGE,
    replyTo: { messageId, failIfNotExists: false },
    allowedMentions: { parse: [] },
  })
}

export async function unpinMessage(
  app: App,
  actor: Actor,
  channelId: string,
  messageId: string,
): Promise<void> {
  const access = await getAccess(app, actor, channelId)
  requireMayPin(access)
  const row = await getRow(app.db, channelId, messageId)
  if (!row.pinned_at) return
  await changeMessage(app, access, messageId, { pinned_at: null }, async (tx) => {
    const channel = await tx
      .selectFrom('channels')
      .select('last_pin_at')
      .where('id', '=', channelId)
      .executeTakeFirst()
    tx.emit(pinsUpdate(access, channel?.last_pin_at ?? null))
  })
}

export interface PinPage {
  items: { pinned_at: string; message: WireMessage }[]
  has_more: boolean
}

/** Pinned messages, the newest pin first. */
export async function listPins(
  app: App,
  actor: Actor,
  channelId: string,
  page: { before?: string | undefined; limit: number },
): Promise<PinPage> {
  const access = await getAccess(app, actor, channelId)
  if (!hasPermission(access.permissions, 'ReadMessageHistory')) return { items: [], has_more: false }
  let query = app.db
    .selectFrom('messages')
    .selectAll()
    .where('channel_id', '=', channelId)
    .where('pinned_at', 'is not', null)
    .orderBy('pinned_at', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('pinned_at', '<', new Date(page.before))
  const rows = await query.execute()
  const shown = rows.slice(0, page.limit)
  const messages = await toWire(app, actor.userId, shown)
  return {
    items: messages.map((message, index) => ({
      pinned_at: shown[index]?.pinned_at?.toISOString() ?? '',
      message,
    })),
    has_more: rows.length > page.limit,
  }
}

function requireMayPin(access: Access): void {
  if (!hasPermission(access.permissions, 'ManageMessages')) requirePermission(access, 'PinMessages')
}

function pinsUpdate(access: Access, at: Date | null) {
  return {
    type: 'CHANNEL_PINS_UPDATE',
    audience: channelAudience(access),
    ...versionOf(access),
    data: {
      channel_id: access.channelId,
      ...guildIdOf(access),
      last_pin_timestamp: at?.toISOString() ?? null,
    },
  }
}
