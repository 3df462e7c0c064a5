import type { CharacterDefinition } from '@convive/protocol/characters'
import { channelPermissions, hasPermission } from '@convive/protocol/permissions'
import { LRUCache } from 'lru-cache'
import type { Bus } from '../bus/bus.ts'
import type { Access } from '../guilds/access.ts'
import type { Database, Tx } from '../storage/database.ts'

/** A character in a room, as the director sees it. */
export interface CastMember {
  characterId: string
  /** What people may call it by: name, nickname, username. */
  names: readonly string[]
  talkativeness: number
  roleIds: readonly string[]
}

const CACHED_CASTS = 20_000
/** Characters of one guild that the director looks at. */
const CAST_MEMBERS = 500
const CAST_CHANGED = 'cast.changed'

/** Which characters are in a room; kept in memory until a character or a guild changes. */
export class CastRooms {
  readonly #db: Database
  readonly #casts = new LRUCache<string, readonly CastMember[]>({ max: CACHED_CASTS })
  #changes = 0

  constructor(db: Database) {
    this.#db = db
  }

  async watch(bus: Bus): Promise<Disposable> {
    bus.onGap(() => this.#casts.clear())
    return bus.subscribe('all', (event) => {
      if (event.type !== CAST_CHANGED) return
      this.#changes++
      this.#casts.clear()
    })
  }

  /** Characters that may see the room and speak in it. */
  async find(access: Access): Promise<readonly CastMember[]> {
    if (access.kind === 'private') {
      return this.#load(`p${access.channelId}:${access.channel.recipientIds.join()}`, {
        ids: access.channel.recipientIds,
      })
    }
    const { guild, channel } = access
    const cast = await this.#load(`g${guild.guildId}:${guild.version}`, { guildId: guild.guildId })
    return cast.filter((member) => {
      const facts = { userId: member.characterId, roleIds: member.roleIds }
      return hasPermission(channelPermissions(guild, facts, channel.overwrites), 'SendMessages')
    })
  }

  async #load(
    key: string,
    where: { guildId: string } | { ids: readonly string[] },
  ): Promise<readonly CastMember[]> {
    const known = this.#casts.get(key)
    if (known) return known
    const changes = this.#changes
    const cast = await readCast(this.#db, where)
    if (this.#changes === changes) this.#casts.set(key, cast)
    return cast
  }
}

/** Tells all nodes, after the commit, that a character changed or came into a room. */
export function emitCastChanged(tx: Tx): void {
  tx.emit({ type: CAST_CHANGED, audience: { everyone: true }, data: {} })
}

async function readCast(
  db: Database,
  where: { guildId: string } | { ids: readonly string[] },
): Promise<CastMember[]> {
  const base = db
    .selectFrom('characters')
    .innerJoin('users', 'users.id', 'characters.id')
    .innerJoin('character_versions', (join) =>
      join
        .onRef('character_versions.character_id', '=', 'characters.id')
        .onRef('character_versions.version', '=', 'characters.version'),
    )
    .where('users.deleted_at', 'is', null)
    .select(['characters.id', 'users.username', 'character_versions.definition'])
    .limit(CAST_MEMBERS)
  const rows =
    'ids' in where
      ? (await base.where('characters.id', 'in', [...where.ids]).execute()).map((row) => ({
          ...row,
          role_ids: [] as string[],
        }))
      : await base
          .innerJoin('members', 'members.user_id', 'characters.id')
          .where('members.guild_id', '=', where.guildId)
          .select('members.role_ids')
          .execute()
  return rows.map((row) => {
    const definition = row.definition as unknown as CharacterDefinition
    return {
      characterId: row.id,
      names: [...new Set([definition.name, definition.nickname, row.username])].filter((name) => name !== ''),
      talkativeness: definition.talkativeness,
      roleIds: row.role_ids,
    }
  })
}
