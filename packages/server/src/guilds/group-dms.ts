import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { isBlockedBetween } from '../accounts/relationships.ts'
import type { UserState } from '../accounts/users.ts'
import { userToWire } from '../accounts/wire.ts'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { saveImage } from '../storage/images.ts'
import {
  emitPrivateChannel,
  type PrivateChannelState,
  privateChannelToWire,
  readBonds,
  readPrivateChannel,
  readUsers,
  type WirePrivateChannel,
} from './private-channels.ts'
import { GROUP_DM } from './wire.ts'

/** Makes a group of the actor, a person, with friends and characters. Throws InvalidRecipients, TooManyRecipients. */
export async function createGroupDm(
  app: App,
  actor: Actor,
  userIds: readonly string[],
): Promise<WirePrivateChannel> {
  const others = [...new Set(userIds)].filter((id) => id !== actor.userId)
  if (actor.kind !== 'person') throw new ApiError('InvalidRecipients')
  if (others.length + 1 > LIMITS.groupRecipients) throw new ApiError('TooManyRecipients')
  return app.db.transact(async (tx) => {
    const users = await readUsers(tx, [actor.userId, ...others])
    for (const id of others) await requireMayBring(tx, actor, users.get(id))
    const { id } = await tx
      .insertInto('channels')
      .values({ type: GROUP_DM, owner_id: actor.userId })
      .returning('id')
      .executeTakeFirstOrThrow()
    const recipients = [actor.userId, ...others].map((userId) => ({ channel_id: id, user_id: userId }))
    await tx.insertInto('channel_recipients').values(recipients).execute()
    const channel = await readPrivateChannel(tx, id)
    emitPrivateChannel(tx, 'CHANNEL_CREATE', channel, users, channel.recipientIds)
    return privateChannelToWire(channel, users, actor.userId)
  })
}

/** Brings a friend or a character into the group. Idempotent. */
export async function addRecipient(app: App, actor: Actor, channelId: string, userId: string): Promise<void> {
  await app.db.transact(async (tx) => {
    const before = await lockGroup(tx, actor, channelId)
    if (before.recipientIds.includes(userId)) return
    if (before.recipientIds.length >= LIMITS.groupRecipients) throw new ApiError('TooManyRecipients')
    const users = await readUsers(tx, [...before.recipientIds, userId])
    const user = users.get(userId)
    await requireMayBring(tx, actor, user)
    await tx.insertInto('channel_recipients').values({ channel_id: channelId, user_id: userId }).execute()
    tx.emit({
      type: 'CHANNEL_RECIPIENT_ADD',
      audience: { userIds: before.recipientIds },
      data: { channel_id: channelId, user: user && userToWire(user) },
    })
    const after = await readPrivateChannel(tx, channelId)
    emitPrivateChannel(tx, 'CHANNEL_CREATE', after, users, [userId])
  })
}

/** Takes somebody out of the group. For its owner; the others can only leave. Throws UnknownUser. */
export async function removeRecipient(
  app: App,
  actor: Actor,
  channelId: string,
  userId: string,
): Promise<void> {
  await app.db.transact(async (tx) => {
    const channel = await lockGroup(tx, actor, channelId)
    if (userId !== actor.userId && channel.ownerId !== actor.userId) throw new ApiError('MissingPermissions')
    if (!channel.recipientIds.includes(userId)) throw new ApiError('UnknownUser')
    await takeOut(tx, channel, userId)
  })
}

/** The actor leaves the group; its oldest account becomes the owner where the owner leaves. Returns it as it was. */
export async function leaveGroupDm(app: App, actor: Actor, channelId: string): Promise<WirePrivateChannel> {
  return app.db.transact(async (tx) => {
    const channel = await lockGroup(tx, actor, channelId)
    const users = await takeOut(tx, channel, actor.userId)
    return privateChannelToWire(channel, users, actor.userId)
  })
}

/** Names the group or gives it a picture (a data URI). Everybody in it may. */
export async function editGroupDm(
  app: App,
  actor: Actor,
  channelId: string,
  input: { name?: string | null | undefined; icon?: string | null | undefined },
): Promise<WirePrivateChannel> {
  const icon = input.icon == null ? input.icon : await saveImage(app, 'icons', channelId, input.icon)
  return app.db.transact(async (tx) => {
    const before = await lockGroup(tx, actor, channelId)
    const changes = {
      ...(input.name !== undefined && { name: input.name || null }),
      ...(icon !== undefined && { icon }),
    }
    const channel: PrivateChannelState = { ...before, ...changes }
    const users = await readUsers(tx, channel.recipientIds)
    if (Object.keys(changes).length > 0) {
      await tx.updateTable('channels').set(changes).where('id', '=', channelId).execute()
      emitPrivateChannel(tx, 'CHANNEL_UPDATE', channel, users, channel.recipientIds)
    }
    return privateChannelToWire(channel, users, actor.userId)
  })
}

/** The group, held against other changes, for somebody in it. */
async function lockGroup(tx: Tx, actor: Actor, channelId: string): Promise<PrivateChannelState> {
  await tx.selectFrom('channels').select('id').where('id', '=', channelId).forNoKeyUpdate().execute()
  const channel = await readPrivateChannel(tx, channelId)
  if (!channel.recipientIds.includes(actor.userId)) throw new ApiError('MissingAccess')
  if (channel.type !== GROUP_DM) throw new ApiError('CannotExecuteOnType')
  return channel
}

async function takeOut(
  tx: Tx,
  channel: PrivateChannelState,
  userId: string,
): Promise<ReadonlyMap<string, UserState>> {
  const users = await readUsers(tx, channel.recipientIds)
  const rest = channel.recipientIds.filter((id) => id !== userId)
  const people = rest.filter((id) => users.get(id)?.kind === 'person')
  emitPrivateChannel(tx, 'CHANNEL_DELETE', channel, users, [userId])
  if (people.length === 0) {
    // Nobody could ever come back to it.
    await tx.deleteFrom('channels').where('id', '=', channel.id).execute()
    return users
  }
  await tx
    .deleteFrom('channel_recipients')
    .where('channel_id', '=', channel.id)
    .where('user_id', '=', userId)
    .execute()
  const user = users.get(userId)
  tx.emit({
    type: 'CHANNEL_RECIPIENT_REMOVE',
    audience: { userIds: rest },
    data: { channel_id: channel.id, user: user && userToWire(user) },
  })
  if (channel.ownerId === userId) await succeed(tx, { ...channel, recipientIds: rest }, users, people)
  return users
}

async function succeed(
  tx: Tx,
  channel: PrivateChannelState,
  users: ReadonlyMap<string, UserState>,
  people: readonly string[],
): Promise<void> {
  const ownerId = people[0] ?? null
  await tx.updateTable('channels').set({ owner_id: ownerId }).where('id', '=', channel.id).execute()
  emitPrivateChannel(tx, 'CHANNEL_UPDATE', { ...channel, ownerId }, users, channel.recipientIds)
}

/** Friends, and characters that the actor can reach. Bots of applications have no place in groups, as on Discord. */
async function requireMayBring(tx: Tx, actor: Actor, user: UserState | undefined): Promise<void> {
  if (!user || user.deleted || user.kind === 'application') throw new ApiError('InvalidRecipients')
  const bonds = await readBonds(tx, actor.userId, user.id)
  if (!(user.kind === 'character' ? bonds.reachable : bonds.friends)) throw new ApiError('InvalidRecipients')
  if (await isBlockedBetween(tx, actor.userId, user.id)) throw new ApiError('InvalidRecipients')
}
