import { ApiError } from '@convive/protocol/errors'
import { DEFAULT_EVERYONE } from '@convive/protocol/permissions'
import { sql } from 'kysely'
import type { Actor, App } from '../context.ts'
import type { Tx } from '../storage/database.ts'
import { saveImage } from '../storage/images.ts'
import { addMember } from './members.ts'
import { readGuild } from './state-load.ts'
import { GUILD_CATEGORY, GUILD_TEXT, guildToWire, type WireGuild } from './wire.ts'

export interface CreateGuild {
  name: string
  /** A data URI. */
  icon?: string | null | undefined
}

/** Discord's rule: a bot in more guilds than this makes none. */
const BOT_GUILDS = 10

interface NewIds {
  guild: string
  category: string
  channel: string
}

/** Makes a guild that the actor owns, with one category and `#general`. `@everyone` has the guild's id. */
export async function createGuild(app: App, actor: Actor, input: CreateGuild): Promise<WireGuild> {
  const ids = await mintIds(app)
  const icon = input.icon ? await saveImage(app, 'icons', ids.guild, input.icon) : null
  return app.db.transact(async (tx) => {
    if (actor.kind === 'application') await requireFewGuilds(tx, actor)
    await insertGuild(tx, ids, { name: input.name, ownerId: actor.userId, icon })
    await addMember(app, tx, ids.guild, actor.userId)
    const guild = await readGuild(tx, ids.guild)
    if (!guild) throw new Error('the guild just written is not there')
    return guildToWire(guild)
  })
}

async function insertGuild(
  tx: Tx,
  ids: NewIds,
  guild: { name: string; ownerId: string; icon: string | null },
): Promise<void> {
  await tx
    .insertInto('guilds')
    .values({
      id: ids.guild,
      name: guild.name,
      owner_id: guild.ownerId,
      icon: guild.icon,
      system_channel_id: ids.channel,
    })
    .execute()
  await tx
    .insertInto('roles')
    .values({ id: ids.guild, guild_id: ids.guild, name: '@everyone', permissions: DEFAULT_EVERYONE })
    .execute()
  await tx
    .insertInto('channels')
    .values([
      { id: ids.category, guild_id: ids.guild, type: GUILD_CATEGORY, name: 'Text Channels', parent_id: null },
      { id: ids.channel, guild_id: ids.guild, type: GUILD_TEXT, name: 'general', parent_id: ids.category },
    ])
    .execute()
}

async function mintIds(app: App): Promise<NewIds> {
  const minted = await sql<NewIds>`
    SELECT snowflake()::text AS guild, snowflake()::text AS category, snowflake()::text AS channel`.execute(
    app.db,
  )
  const ids = minted.rows[0]
  if (!ids) throw new Error('no ids were minted')
  return ids
}

async function requireFewGuilds(tx: Tx, actor: Actor): Promise<void> {
  const { guilds } = await tx
    .selectFrom('members')
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('guilds'))
    .where('user_id', '=', actor.userId)
    .executeTakeFirstOrThrow()
  if (guilds >= BOT_GUILDS) throw new ApiError('TooManyGuilds')
}
