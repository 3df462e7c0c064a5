import type {
  Character,
  CharacterDefinition,
  CharacterSummary,
  CharacterVisibility,
} from '@convive/protocol/characters'
import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { sql } from 'kysely'
import { emitUserChanged, userState } from '../accounts/users.ts'
import type { Actor, App } from '../context.ts'
import { getGuildFor, requirePermission } from '../guilds/access.ts'
import { announceUser } from '../guilds/announce-user.ts'
import { addMember, removeMember } from '../guilds/members.ts'
import { mintId, type Queryable, type Tx } from '../storage/database.ts'
import { saveImage } from '../storage/images.ts'
import { emitCastChanged } from './cast.ts'

/** Characters in one list. */
const LIST_CHARACTERS = 200

export interface NewCharacter {
  definition: CharacterDefinition
  visibility: CharacterVisibility
  /** A data URI. */
  avatar?: string | null | undefined
  /** The imported card's JSON, kept whole. */
  card?: object | undefined
}

/** Makes a character: an account of its own, owned by `actor`. */
export async function createCharacter(app: App, actor: Actor, input: NewCharacter): Promise<Character> {
  await requireRoomForOne(app.db, actor)
  const id = await mintId(app.db)
  const avatar = await saveImage(app, 'avatars', id, input.avatar ?? null)
  await app.db.transact(async (tx) => {
    await tx
      .insertInto('users')
      .values({
        id,
        kind: 'character',
        username: usernameFor(input.definition.name),
        global_name: input.definition.name,
        avatar,
      })
      .execute()
    await tx
      .insertInto('characters')
      .values({ id, owner_id: actor.userId, visibility: input.visibility })
      .execute()
    await insertVersion(tx, id, 1, input.definition, input.card)
    emitCharacterChanged(tx, actor.userId, id)
  })
  return getOwnCharacter(app, actor, id)
}

/** Saves changes; a definition is a new version. Rooms that it is in see its new name and face. */
export async function updateCharacter(
  app: App,
  actor: Actor,
  id: string,
  change: {
    definition?: CharacterDefinition | undefined
    visibility?: CharacterVisibility | undefined
    avatar?: string | null | undefined
  },
): Promise<Character> {
  await requireOwner(app.db, actor, id)
  const avatar = change.avatar === undefined ? undefined : await saveImage(app, 'avatars', id, change.avatar)
  await app.db.transact(async (tx) => {
    if (change.visibility)
      await tx.updateTable('characters').set({ visibility: change.visibility }).where('id', '=', id).execute()
    if (change.definition) {
      const { version } = await tx
        .updateTable('characters')
        .set({ version: sql<number>`version + 1` })
        .where('id', '=', id)
        .returning('version')
        .executeTakeFirstOrThrow()
      await insertVersion(tx, id, version, change.definition)
    }
    if (change.definition || avatar !== undefined) {
      const user = await tx
        .updateTable('users')
        .set({
          ...(change.definition && { global_name: change.definition.name }),
          ...(avatar !== undefined && { avatar }),
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      await announceUser(tx, userState(user))
    }
    emitCharacterChanged(tx, actor.userId, id)
  })
  return getOwnCharacter(app, actor, id)
}

/** Deletes a character: it leaves its rooms; what it said stays, without its name. */
export async function deleteCharacter(app: App, actor: Actor, id: string): Promise<void> {
  await requireOwner(app.db, actor, id)
  const guilds = await app.db.selectFrom('members').select('guild_id').where('user_id', '=', id).execute()
  for (const { guild_id } of guilds) await app.db.transact((tx) => removeMember(tx, guild_id, id))
  await app.db.transact(async (tx) => {
    await tx.updateTable('users').set({ deleted_at: new Date(), avatar: null }).where('id', '=', id).execute()
    await tx.deleteFrom('characters').where('id', '=', id).execute()
    emitUserChanged(tx, id)
    emitCharacterChanged(tx, actor.userId, id)
  })
}

/** One's own characters, the newest first, then public ones. */
export async function listCharacters(app: App, actor: Actor): Promise<CharacterSummary[]> {
  const rows = await characterRows(app.db)
    .where((eb) =>
      eb.or([eb('characters.owner_id', '=', actor.userId), eb('characters.visibility', '=', 'public')]),
    )
    .orderBy((eb) => eb('characters.owner_id', '=', actor.userId), 'desc')
    .orderBy('characters.id', 'desc')
    .limit(LIST_CHARACTERS)
    .execute()
  return rows.map(toSummary)
}

/** A character whole for its owner, its summary for others who may know it. Private ones are unknown to strangers. */
export async function getCharacter(
  app: App,
  actor: Actor,
  id: string,
): Promise<Character | CharacterSummary> {
  const row = await characterRows(app.db).where('characters.id', '=', id).executeTakeFirst()
  if (!row) throw new ApiError('UnknownCharacter')
  if (row.owner_id === actor.userId) return { ...toSummary(row), definition: readDefinition(row) }
  if (row.visibility === 'private') throw new ApiError('UnknownCharacter')
  return toSummary(row)
}

/** Adds a character to a guild. Needs MANAGE_GUILD, and that it is one's own or not private. */
export async function addToGuild(app: App, actor: Actor, guildId: string, id: string): Promise<void> {
  const access = await getGuildFor(app, actor, guildId)
  requirePermission(access, 'ManageGuild')
  await getCharacter(app, actor, id)
  await app.db.transact(async (tx) => {
    await addMember(app, tx, guildId, id, {})
    emitCastChanged(tx)
  })
}

/** The definition that a character's next answer follows. */
export async function getDefinition(app: App, id: string): Promise<CharacterDefinition> {
  const row = await characterRows(app.db).where('characters.id', '=', id).executeTakeFirst()
  if (!row) throw new ApiError('UnknownCharacter')
  return readDefinition(row)
}

/** One's own character, whole. Throws UnknownCharacter. */
export async function getOwnCharacter(app: App, actor: Actor, id: string): Promise<Character> {
  const character = await getCharacter(app, actor, id)
  if (!('definition' in character)) throw new ApiError('UnknownCharacter')
  return character
}

async function requireOwner(db: Queryable, actor: Actor, id: string): Promise<void> {
  const row = await db.selectFrom('characters').select('owner_id').where('id', '=', id).executeTakeFirst()
  if (row?.owner_id !== actor.userId) throw new ApiError('UnknownCharacter')
}

async function requireRoomForOne(db: Queryable, actor: Actor): Promise<void> {
  const { count } = await db
    .selectFrom('characters')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('owner_id', '=', actor.userId)
    .executeTakeFirstOrThrow()
  if (Number(count) >= LIMITS.charactersPerOwner) throw new ApiError('TooManyCharacters')
}

function characterRows(db: Queryable) {
  return db
    .selectFrom('characters')
    .innerJoin('users', 'users.id', 'characters.id')
    .innerJoin('character_versions', (join) =>
      join
        .onRef('character_versions.character_id', '=', 'characters.id')
        .onRef('character_versions.version', '=', 'characters.version'),
    )
    .select([
      'characters.id',
      'characters.owner_id',
      'characters.visibility',
      'characters.version',
      'users.avatar',
      'character_versions.definition',
    ])
}

type CharacterRow = Awaited<ReturnType<ReturnType<typeof characterRows>['executeTakeFirstOrThrow']>>

function readDefinition(row: CharacterRow): CharacterDefinition {
  return row.definition as unknown as CharacterDefinition
}

function toSummary(row: CharacterRow): CharacterSummary {
  const { name, tagline, tags } = readDefinition(row)
  return {
    id: row.id,
    name,
    tagline,
    avatar: row.avatar,
    tags,
    visibility: row.visibility as CharacterVisibility,
    owner_id: row.owner_id,
    version: row.version,
  }
}

async function insertVersion(
  tx: Tx,
  id: string,
  version: number,
  definition: CharacterDefinition,
  card?: object,
): Promise<void> {
  await tx
    .insertInto('character_versions')
    .values({
      character_id: id,
      version,
      definition: JSON.stringify(definition),
      card: card === undefined ? null : JSON.stringify(card),
    })
    .execute()
}

function emitCharacterChanged(tx: Tx, ownerId: string, id: string): void {
  emitCastChanged(tx)
  tx.emit({ type: 'CONVIVE_CHARACTERS_UPDATE', audience: { userIds: [ownerId] }, data: { character_id: id } })
}

/** A handle of Discord's form; names in other scripts become "character". It need not be unique. */
function usernameFor(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
  return plain.slice(0, LIMITS.usernameChars) || 'character'
}
