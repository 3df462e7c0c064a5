import { GatewayIntentBits as Intent } from 'discord-api-types/v10'
import type { UserState } from '../accounts/users.ts'
import type { App } from '../context.ts'
import type { GuildCreate } from '../guilds/snapshot.ts'
import type { Database } from '../storage/database.ts'
import { type GuildEntry, guildCreate, readEntries, type WantedMembers } from './guild-create.ts'
import type { Hold } from './hold.ts'
import type { Hub } from './hub.ts'
import type { Hubs } from './hubs.ts'
import { readPresences, type ShownPresence } from './presence-wire.ts'
import type { Session } from './session.ts'

/** How often a snapshot is read anew because a guild was read anew meanwhile. */
const ATTEMPTS = 5

interface Held {
  guildId: string
  hub: Hub
  hold: Hold
}

interface Snapshot<T> {
  entries: ReadonlyMap<string, GuildEntry>
  users: ReadonlyMap<string, UserState>
  presences: ReadonlyMap<string, ShownPresence>
  rest: T
}

/**
 * Brings a session into guilds so that it misses nothing and is told nothing twice: it first listens, then everything is
 * read in one snapshot of the database, then `tell` sends that, and then comes what was heard since. `read` adds to the
 * snapshot; its app reads through it. Guilds that the user is not in are left out.
 */
export async function enterGuilds<T>(
  app: App,
  hubs: Hubs,
  session: Session,
  guildIds: readonly string[],
  read: (app: App) => Promise<T>,
  tell: (guilds: readonly GuildCreate[], rest: T) => void,
): Promise<void> {
  const held: Held[] = []
  const pinned: string[] = []
  try {
    for (const guildId of guildIds) {
      pinned.push(guildId)
      const hub = await hubs.pin(guildId)
      held.push({ guildId, hub, hold: hub.hold(session) })
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      for (const { hold } of held) hold.void = false
      const snapshot = await readSnapshot(app, session, guildIds, read)
      await reachAll(held, snapshot.entries)
      if (session.ended) return
      if (held.some(({ hold }) => hold.void)) continue
      // From here to the end nothing may wait.
      enterNow(session, held, snapshot, tell)
      return
    }
    throw new Error('guilds change faster than they are read')
  } finally {
    for (const { hub, hold } of held) hub.letGo(hold)
    for (const guildId of pinned) hubs.unpin(guildId)
  }
}

/** Which members the session is told of at once. Bots that do not follow presences ask for them. */
export function wantedMembers(session: Session): WantedMembers {
  return session.intents & Intent.GuildPresences ? { threshold: session.largeThreshold } : 'none'
}

function enterNow<T>(
  session: Session,
  held: readonly Held[],
  { entries, users, presences, rest }: Snapshot<T>,
  tell: (guilds: readonly GuildCreate[], rest: T) => void,
): void {
  const guilds: GuildCreate[] = []
  const entered: [Held, GuildEntry][] = []
  for (const one of held) {
    const entry = entries.get(one.guildId)
    if (!entry || session.guilds.has(one.guildId)) continue
    const seen = one.hub.enter(one.hold, entry)
    if (!seen) continue
    guilds.push(guildCreate(entry, seen, users, presences))
    entered.push([one, entry])
  }
  tell(guilds, rest)
  for (const [{ hub, hold }, entry] of entered) hub.release(hold, entry)
}

async function readSnapshot<T>(
  app: App,
  session: Session,
  guildIds: readonly string[],
  read: (app: App) => Promise<T>,
): Promise<Snapshot<T>> {
  const { entries, presences, rest } = await app.db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const entries = await readEntries(tx, session.userId, guildIds, wantedMembers(session))
      const follows = (session.intents & Intent.GuildPresences) !== 0
      const presences = follows
        ? await readPresences(tx, memberIds(entries))
        : new Map<string, ShownPresence>()
      // What reads through the app reads this same moment.
      const rest = await read({ ...app, db: tx as unknown as Database })
      return { entries, presences, rest }
    })
  return { entries, presences, rest, users: await app.users.findMany(memberIds(entries)) }
}

function memberIds(entries: ReadonlyMap<string, GuildEntry>): string[] {
  return [...new Set([...entries.values()].flatMap((entry) => [...entry.memberIds]))]
}

async function reachAll(held: readonly Held[], entries: ReadonlyMap<string, GuildEntry>): Promise<void> {
  const behind = () => held.find(({ guildId, hub }) => !hub.hasReached(entries.get(guildId)?.version ?? 0n))
  for (let next = behind(); next; next = behind())
    await next.hub.reach(entries.get(next.guildId)?.version ?? 0n)
}
