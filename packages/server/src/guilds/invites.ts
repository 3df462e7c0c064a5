import { randomInt } from 'node:crypto'
import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { hasPermission, Permission } from '@convive/protocol/permissions'
import type { Selectable } from 'kysely'
import type { Actor, App } from '../context.ts'
import type { Queryable, Tx } from '../storage/database.ts'
import type { Invites } from '../storage/schema.ts'
import { getGuildAccess, getGuildFor, requirePermission } from './access.ts'
import { countGuild } from './counts.ts'
import { inviteToWire, type WireInvite } from './invite-wire.ts'
import { type LockedChannel, lockChannelFor } from './locked.ts'
import { addMember } from './members.ts'
import type { GuildState } from './state.ts'
import { GUILD_CATEGORY } from './wire.ts'

export type InviteRow = Selectable<Invites>

export interface CreateInvite {
  /** Seconds; 0 never ends. */
  maxAge: number
  /** 0: any number. */
  maxUses: number
  temporary: boolean
  /** Whether a like one of the same person may not be given again. */
  unique: boolean
}

const CODE_CHARS = 10
const CODE_ALPHABET = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** Makes an invite to a channel, or gives the actor's own like one again. Needs CREATE_INSTANT_INVITE there. */
export async function createInvite(
  app: App,
  actor: Actor,
  channelId: string,
  input: CreateInvite,
): Promise<WireInvite> {
  const { guildId } = (await getGuildAccess(app, actor, channelId)).guild
  const inviter = await app.users.get(actor.userId)
  return app.db.transact(async (tx) => {
    const access = await lockChannelFor(app, tx, actor, guildId, channelId)
    requirePermission(access, 'CreateInstantInvite')
    const { guild, channel } = access
    if (channel.type === GUILD_CATEGORY) throw new ApiError('CannotExecuteOnType')
    const known = input.unique ? null : await findLike(app, tx, actor, access, input)
    const row = known ?? (await insertInvite(app, tx, actor, access, input))
    const wire = inviteToWire(row, { guild, channel, inviter, metadata: true })
    if (!known) {
      const { guild: _guild, channel: _channel, type: _type, ...event } = wire
      tx.emit({
        type: 'INVITE_CREATE',
        audience: { guildId, channelId, permission: Permission.ManageChannels },
        data: { ...event, channel_id: channelId },
        version: String(guild.version),
      })
    }
    return wire
  })
}

async function findLike(
  app: App,
  tx: Tx,
  actor: Actor,
  { channel }: LockedChannel,
  input: CreateInvite,
): Promise<InviteRow | undefined> {
  return (
    tx
      .selectFrom('invites')
      .selectAll()
      .where('channel_id', '=', channel.id)
      .where('inviter_id', '=', actor.userId)
      .where('max_age', '=', input.maxAge)
      .where('max_uses', '=', input.maxUses)
      .where('temporary', '=', input.temporary)
      .where('uses', '=', 0)
      // One that ends in a moment is no gift.
      .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', halfway(app, input.maxAge))]))
      .limit(1)
      .executeTakeFirst()
  )
}

function halfway(app: App, maxAge: number): Date {
  return new Date(app.now() + (maxAge * 1000) / 2)
}

async function insertInvite(
  app: App,
  tx: Tx,
  actor: Actor,
  { guild, channel }: LockedChannel,
  input: CreateInvite,
): Promise<InviteRow> {
  const { guildId } = guild
  await tx
    .deleteFrom('invites')
    .where('guild_id', '=', guildId)
    .where('expires_at', '<=', new Date(app.now()))
    .execute()
  const { invites } = await tx
    .selectFrom('invites')
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('invites'))
    .where('guild_id', '=', guildId)
    .executeTakeFirstOrThrow()
  if (invites >= LIMITS.invitesPerGuild) throw new ApiError('TooManyInvites')
  return tx
    .insertInto('invites')
    .values({
      code: newCode(),
      guild_id: guildId,
      channel_id: channel.id,
      inviter_id: actor.userId,
      max_age: input.maxAge,
      max_uses: input.maxUses,
      temporary: input.temporary,
      created_at: new Date(app.now()),
      expires_at: input.maxAge > 0 ? new Date(app.now() + input.maxAge * 1000) : null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

function newCode(): string {
  let code = ''
  for (let n = 0; n < CODE_CHARS; n++) code += CODE_ALPHABET[randomInt(CODE_ALPHABET.length)]
  return code
}

/** What an invite leads to, for anybody who has its code. Throws UnknownInvite. */
export async function getInvite(app: App, code: string, options: { counts: boolean }): Promise<WireInvite> {
  const row = await findInvite(app, app.db, code)
  const guild = row && (await app.guilds.find(row.guild_id))
  if (!row || !guild) throw new ApiError('UnknownInvite')
  return toWire(app, row, guild, { counts: options.counts, metadata: false })
}

/**
 * The person joins by an invite. However many try at once, no more join than it has uses. Who is a member already
 * uses none. Throws UnknownInvite, Banned, TooManyGuilds.
 */
export async function acceptInvite(
  app: App,
  actor: Actor,
  code: string,
): Promise<WireInvite & { new_member: boolean }> {
  const known = await findInvite(app, app.db, code)
  if (!known) throw new ApiError('UnknownInvite')
  const accepted = await app.db.transact(async (tx) => {
    const { added } = await addMember(app, tx, known.guild_id, actor.userId)
    // After the guild's lock, so that a use is counted only for one who joined.
    return { added, row: added ? await useInvite(app, tx, code) : known }
  })
  const guild = await app.guilds.find(known.guild_id)
  if (!guild) throw new ApiError('UnknownInvite')
  const wire = await toWire(app, accepted.row, guild, { counts: false, metadata: false })
  return { ...wire, new_member: accepted.added }
}

async function useInvite(app: App, tx: Tx, code: string): Promise<InviteRow> {
  const used = await tx
    .updateTable('invites')
    .set((eb) => ({ uses: eb('uses', '+', 1) }))
    .where('code', '=', code)
    .where((eb) => eb.or([eb('max_uses', '=', 0), eb('uses', '<', eb.ref('max_uses'))]))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(app.now()))]))
    .returningAll()
    .executeTakeFirst()
  if (!used) throw new ApiError('UnknownInvite')
  if (used.max_uses > 0 && used.uses >= used.max_uses) await dropInvite(tx, used)
  return used
}

/** Revokes an invite. Needs MANAGE_CHANNELS in its channel or MANAGE_GUILD. Returns it as it was. */
export async function deleteInvite(app: App, actor: Actor, code: string): Promise<WireInvite> {
  const row = await findInvite(app, app.db, code)
  if (!row) throw new ApiError('UnknownInvite')
  const { guild, permissions } = await getGuildFor(app, actor, row.guild_id)
  if (!hasPermission(permissions, 'ManageGuild'))
    requirePermission(await getGuildAccess(app, actor, row.channel_id), 'ManageChannels')
  await app.db.transact((tx) => dropInvite(tx, row))
  return toWire(app, row, guild, { counts: false, metadata: false })
}

async function dropInvite(tx: Tx, row: InviteRow): Promise<void> {
  const gone = await tx
    .deleteFrom('invites')
    .where('code', '=', row.code)
    .returning('code')
    .executeTakeFirst()
  if (!gone) throw new ApiError('UnknownInvite')
  tx.emit({
    type: 'INVITE_DELETE',
    audience: { guildId: row.guild_id, channelId: row.channel_id, permission: Permission.ManageChannels },
    data: { guild_id: row.guild_id, channel_id: row.channel_id, code: row.code },
  })
}

/** Every living invite of the guild, with its uses. Needs MANAGE_GUILD. */
export async function listGuildInvites(app: App, actor: Actor, guildId: string): Promise<WireInvite[]> {
  const access = await getGuildFor(app, actor, guildId)
  requirePermission(access, 'ManageGuild')
  return listInvites(app, access.guild, null)
}

/** Those of one channel. Needs MANAGE_CHANNELS there. */
export async function listChannelInvites(app: App, actor: Actor, channelId: string): Promise<WireInvite[]> {
  const access = await getGuildAccess(app, actor, channelId)
  requirePermission(access, 'ManageChannels')
  return listInvites(app, access.guild, channelId)
}

async function listInvites(app: App, guild: GuildState, channelId: string | null): Promise<WireInvite[]> {
  let query = living(app, app.db).where('guild_id', '=', guild.guildId).orderBy('created_at', 'desc')
  if (channelId) query = query.where('channel_id', '=', channelId)
  const rows = await query.limit(LIMITS.invitesPerGuild).execute()
  const users = await app.users.findMany(rows.map((row) => row.inviter_id))
  return rows.flatMap((row) => {
    const channel = guild.channels.get(row.channel_id)
    const inviter = users.get(row.inviter_id)
    return channel ? [inviteToWire(row, { guild, channel, inviter, metadata: true })] : []
  })
}

async function findInvite(app: App, db: Queryable, code: string): Promise<InviteRow | undefined> {
  return living(app, db).where('code', '=', code).executeTakeFirst()
}

function living(app: App, db: Queryable) {
  return db
    .selectFrom('invites')
    .selectAll()
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date(app.now()))]))
}

async function toWire(
  app: App,
  row: InviteRow,
  guild: GuildState,
  options: { counts: boolean; metadata: boolean },
): Promise<WireInvite> {
  const channel = guild.channels.get(row.channel_id)
  if (!channel) throw new ApiError('UnknownInvite')
  const inviter = (await app.users.find(row.inviter_id)) ?? undefined
  const counts = options.counts ? await countGuild(app, guild.guildId) : undefined
  return inviteToWire(row, { guild, channel, inviter, counts, metadata: options.metadata })
}
