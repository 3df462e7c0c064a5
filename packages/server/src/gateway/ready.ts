import { describeInstance } from '../accounts/instance.ts'
import { findEmail } from '../accounts/profile.ts'
import { listRelationships } from '../accounts/relationships.ts'
import { selfToWire } from '../accounts/wire.ts'
import type { App } from '../context.ts'
import { listPrivateChannels } from '../guilds/private-channels.ts'
import type { GuildCreate } from '../guilds/snapshot.ts'
import { listReadStates } from '../messages/read-states.ts'
import { PRESENT, presenceToWire, readPresences } from './presence-wire.ts'
import type { Session } from './session.ts'

const VERSION = 10
const FRIEND = 1

/** What READY tells of the account itself. Read within the snapshot that the guilds are read in. */
export async function readAccount(app: App, session: Session) {
  const { userId, actor } = session
  const user = await app.users.get(userId)
  if (actor.kind === 'application') {
    const row = await app.db
      .selectFrom('applications')
      .select(['id', 'flags'])
      .where('id', '=', userId)
      .executeTakeFirst()
    return {
      user: selfToWire(user, null),
      private_channels: [],
      relationships: [],
      presences: [],
      application: { id: userId, flags: row?.flags ?? 0, flags_new: String(row?.flags ?? 0) },
    }
  }
  const relationships = await listRelationships(app, userId)
  return {
    user: selfToWire(user, await findEmail(app.db, userId)),
    private_channels: session.handles(null) ? await listPrivateChannels(app, userId) : [],
    relationships,
    read_state: await listReadStates(app, userId),
    presences: await readFriends(app, relationships),
    convive: { instance: await describeInstance(app, actor) },
    user_settings: {},
    users: [],
    session_type: 'normal',
    country_code: null,
    guild_experiments: [],
    experiments: [],
    connected_accounts: [],
    sessions: [],
  }
}
/** What a bot is told of a guild at first. */
export interface GuildStub {
  id: string
  unavailable: true
}

type ReadStates = Awaited<ReturnType<typeof listReadStates>>
export type Account = Awaited<ReturnType<typeof readAccount>>

/** `d` of READY. Bots get stubs of their guilds, people whole ones, so that a page draws at once. */
export function readyToWire(
  session: Session,
  account: Account,
  guilds: readonly (GuildCreate | GuildStub)[],
  resumeUrl: string,
): object {
  return {
    v: VERSION,
    ...account,
    ...(account.read_state && {
      read_state: withoutHidden(account.read_state, account.private_channels, guilds),
    }),
    guilds,
    session_id: session.id,
    resume_gateway_url: resumeUrl,
    ...(session.shard && { shard: session.shard }),
    geo_ordered_rtc_regions: [],
    guild_join_requests: [],
    auth: {},
    _trace: [],
  }
}

/** Where one has read to in the channels that one is told of: that there are others is not told either. */
function withoutHidden(
  states: ReadStates,
  privateChannels: readonly { id: string }[],
  guilds: readonly (GuildCreate | GuildStub)[],
): ReadStates {
  const channels = [
    ...privateChannels,
    ...guilds.flatMap((guild) => ('channels' in guild ? guild.channels : [])),
  ]
  const told = new Set(channels.map((channel) => channel.id))
  return { ...states, entries: states.entries.filter((entry) => told.has(entry.id)) }
}

async function readFriends(app: App, relationships: Awaited<ReturnType<typeof listRelationships>>) {
  const friends = relationships.filter((relationship) => relationship.type === FRIEND)
  const shown = await readPresences(
    app.db,
    friends.map((friend) => friend.id),
  )
  return friends.flatMap(({ id, user }) => {
    const presence = user.convive.kind === 'character' ? PRESENT : shown.get(id)
    return presence ? [presenceToWire(id, presence)] : []
  })
}
