import { setTimeout } from 'node:timers/promises'
import type { Overwrite } from '@convive/protocol/permissions'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Bus, BusEvent } from '../bus/bus.ts'
import type { Database } from '../storage/database.ts'
import { applyChange } from './state-changes.ts'
import { loadGuild, loadMember } from './state-load.ts'

export interface RoleState {
  id: string
  name: string
  color: number
  hoist: boolean
  position: number
  permissions: bigint
  mentionable: boolean
  managed: boolean
  botId: string | null
  unicodeEmoji: string | null
}

export interface ChannelState {
  id: string
  guildId: string
  type: number
  name: string
  topic: string | null
  position: number
  parentId: string | null
  nsfw: boolean
  rateLimitPerUser: number
  bitrate: number | null
  userLimit: number | null
  overwrites: readonly Overwrite[]
  flags: number
}

export interface MemberState {
  guildId: string
  userId: string
  nick: string | null
  avatar: string | null
  roleIds: readonly string[]
  deaf: boolean
  mute: boolean
  flags: number
  joinedAt: string
  timedOutUntilMs: number | null
}

/** What a node knows of a guild: enough to answer who may see and do what. Never changed in place. */
export interface GuildState {
  readonly guildId: string
  readonly ownerId: string
  readonly version: bigint
  /** Columns of the guild's row that clients are shown. */
  readonly row: GuildRow
  readonly roles: ReadonlyMap<string, RoleState>
  readonly channels: ReadonlyMap<string, ChannelState>
}

export interface GuildRow {
  name: string
  icon: string | null
  banner: string | null
  splash: string | null
  description: string | null
  preferredLocale: string
  verificationLevel: number
  defaultMessageNotifications: number
  explicitContentFilter: number
  nsfwLevel: number
  mfaLevel: number
  afkChannelId: string | null
  afkTimeout: number
  systemChannelId: string | null
  systemChannelFlags: number
  rulesChannelId: string | null
  publicUpdatesChannelId: string | null
  features: readonly string[]
}

/** Told of each event of a guild, in order, with what was known before and after it. */
export type GuildListener = (
  event: BusEvent | null,
  before: GuildState | null,
  after: GuildState | null,
) => void

interface Entry {
  state: GuildState | null
  loading: Promise<void> | null
  /** What is being read may be old already: read again. */
  stale: boolean
  /** Events that came while the state was being loaded, or that are ahead of it. */
  waiting: BusEvent[]
  listeners: Set<GuildListener>
  subscription: Disposable | null
  /** Goes up with every change of members: one that was read meanwhile may be old. */
  memberChanges: number
  /** Goes up where all known members are forgotten. */
  memberAge: number
}

interface KnownMember {
  member: MemberState
  entry: Entry
  age: number
}

/** Guilds kept in memory beyond those that somebody here listens to. */
const IDLE_GUILDS = 2_000
const CACHED_MEMBERS = 50_000
const CACHED_HOMES = 100_000
const WAITING_EVENTS = 10_000
/** Between two attempts to read a guild that somebody here listens to. */
const RETRY_MS = 500

/**
 * The guilds that this node works with, kept right by their own events. `version` orders them: an event that is ahead
 * of what is known (it was checked against a change not heard of yet) waits until that change is here.
 */
export class GuildStates {
  readonly #db: Database
  readonly #bus: Bus
  readonly #log: Logger
  readonly #entries = new Map<string, Entry>()
  readonly #idle = new LRUCache<string, true>({ max: IDLE_GUILDS, dispose: (_, id) => this.#evict(id) })
  readonly #members = new LRUCache<string, KnownMember>({ max: CACHED_MEMBERS })

  /** Where a channel belongs never changes: its guild's id, or '' for DMs. */
  readonly #homes = new LRUCache<string, string>({ max: CACHED_HOMES })

  constructor(db: Database, bus: Bus, log: Logger) {
    this.#db = db
    this.#bus = bus
    this.#log = log
    bus.onGap(() => this.invalidateAll())
  }

  /** The guild as it stands, from memory if it is there; null if there is none. */
  async find(guildId: string): Promise<GuildState | null> {
    const entry = this.#entries.get(guildId) ?? this.#open(guildId)
    if (entry.listeners.size === 0 && !this.#idle.has(guildId)) this.#idle.set(guildId, true)
    else this.#idle.get(guildId)
    while (entry.loading) await entry.loading
    return entry.state
  }

  /** The guild, only if it is in memory now. */
  peek(guildId: string): GuildState | null {
    const entry = this.#entries.get(guildId)
    return entry && !entry.loading ? entry.state : null
  }

  /** A member, from memory or the database; null if the user is not one. */
  async findMember(guildId: string, userId: string): Promise<MemberState | null> {
    const known = this.peekMember(guildId, userId)
    if (known) return known
    // Without the guild's entry nobody would tell us of changes to the member.
    if (!(await this.find(guildId))) return null
    const entry = this.#entries.get(guildId)
    const changes = entry?.memberChanges
    const member = await loadMember(this.#db, guildId, userId)
    // A change heard of while we read may be newer than what was read.
    if (member && entry && this.#entries.get(guildId) === entry && entry.memberChanges === changes)
      this.#members.set(`${guildId}:${userId}`, { member, entry, age: entry.memberAge })
    return member
  }

  /** The guild that a channel belongs to, '' for a DM or group DM, null if there is no such channel. */
  async findHome(channelId: string): Promise<string | null> {
    const known = this.#homes.get(channelId)
    if (known !== undefined) return known
    const row = await this.#db
      .selectFrom('channels')
      .select('guild_id')
      .where('id', '=', channelId)
      .executeTakeFirst()
    if (!row) return null
    this.#homes.set(channelId, row.guild_id ?? '')
    return row.guild_id ?? ''
  }

  /** A member, only if it is in memory now. */
  peekMember(guildId: string, userId: string): MemberState | null {
    const known = this.#members.get(`${guildId}:${userId}`)
    if (!known || this.#entries.get(guildId) !== known.entry || known.entry.memberAge !== known.age)
      return null
    return known.member
  }

  /** Hears the guild's events from now on. Resolves with the state they begin after. */
  async listen(guildId: string, listener: GuildListener): Promise<{ state: GuildState | null } & Disposable> {
    const entry = this.#entries.get(guildId) ?? this.#open(guildId)
    entry.listeners.add(listener)
    this.#idle.delete(guildId)
    const stop = () => {
      entry.listeners.delete(listener)
      if (entry.listeners.size === 0 && this.#entries.get(guildId) === entry) this.#idle.set(guildId, true)
    }
    try {
      while (entry.loading) await entry.loading
    } catch (error) {
      stop()
      throw error
    }
    return { state: entry.state, [Symbol.dispose]: stop }
  }

  /** Reads the guild anew: after a write was refused because its version was old. */
  async refresh(guildId: string): Promise<GuildState | null> {
    const entry = this.#entries.get(guildId) ?? this.#open(guildId)
    this.#reload(guildId, entry)
    while (entry.loading) await entry.loading
    return entry.state
  }

  /** Forgets what may be old, because events may have been missed. */
  invalidateAll(): void {
    for (const [guildId, entry] of this.#entries) this.#reload(guildId, entry)
  }

  #open(guildId: string): Entry {
    const entry: Entry = {
      state: null,
      loading: null,
      stale: false,
      waiting: [],
      listeners: new Set(),
      subscription: null,
      memberChanges: 0,
      memberAge: 0,
    }
    this.#entries.set(guildId, entry)
    this.#load(guildId, entry)
    return entry
  }

  #reload(guildId: string, entry: Entry): void {
    forgetMembers(entry)
    // What is under way may have begun before that which we must see.
    if (entry.loading) entry.stale = true
    else this.#load(guildId, entry)
  }

  #load(guildId: string, entry: Entry): void {
    entry.loading = this.#read(guildId, entry)
    // A failed load is reported to those who wait for it; this keeps it from being an unhandled rejection.
    entry.loading.catch(() => {})
  }

  async #read(guildId: string, entry: Entry): Promise<void> {
    try {
      entry.subscription ??= await this.#bus.subscribe(`guild.${guildId}`, (event) =>
        this.#receive(guildId, entry, event),
      )
      const loaded = await this.#readNewest(guildId, entry)
      const before = entry.state
      entry.state = loaded
      entry.loading = null
      if (before && before.version !== loaded?.version) this.#tell(entry, null, before, loaded)
      for (const event of entry.waiting.splice(0)) this.#receive(guildId, entry, event)
      if (!loaded && entry.listeners.size === 0) this.#drop(guildId, entry)
    } catch (error) {
      entry.loading = null
      this.#drop(guildId, entry)
      throw error
    }
    // It gave way to others while it was being read.
    if (this.#entries.get(guildId) !== entry) entry.subscription?.[Symbol.dispose]()
  }

  /** Reads until nothing suggests that it is old. For listeners it is tried again: they would never hear of the guild anymore. */
  async #readNewest(guildId: string, entry: Entry): Promise<GuildState | null> {
    for (;;) {
      entry.stale = false
      try {
        const loaded = await loadGuild(this.#db, guildId)
        if (!entry.stale) return loaded
      } catch (error) {
        if (!entry.state || entry.listeners.size === 0) throw error
        this.#log.warn({ err: error, guildId }, 'a guild could not be read; trying again')
        await setTimeout(RETRY_MS, undefined, { ref: false })
      }
    }
  }

  #receive(guildId: string, entry: Entry, event: BusEvent): void {
    if (entry.loading) {
      if (entry.waiting.length < WAITING_EVENTS) entry.waiting.push(event)
      else this.#log.error({ guildId }, 'too many events wait for a guild to load; dropped')
      return
    }
    const before = entry.state
    // Of a guild that is gone there is nothing newer to read.
    if (!before) {
      this.#tell(entry, event, null, null)
      return
    }
    const version = event.version === undefined ? before.version : BigInt(event.version)
    if (version > before.version + (event.change ? 1n : 0n)) {
      entry.waiting.push(event)
      this.#reload(guildId, entry)
      return
    }
    if (event.change && version > before.version) entry.state = applyChange(before, event, version)
    if (event.change) this.#changeMembers(guildId, entry, event)
    this.#tell(entry, event, before, entry.state)
  }

  #changeMembers(guildId: string, entry: Entry, event: BusEvent): void {
    entry.memberChanges++
    const userId = (event.data as { user?: { id?: string } }).user?.id
    if (userId) this.#members.delete(`${guildId}:${userId}`)
    if (event.type === 'GUILD_ROLE_DELETE' || event.type === 'GUILD_DELETE') forgetMembers(entry)
  }

  #tell(entry: Entry, event: BusEvent | null, before: GuildState | null, after: GuildState | null): void {
    for (const listener of entry.listeners) {
      try {
        listener(event, before, after)
      } catch (error) {
        this.#log.error({ err: error, event: event?.type }, 'a listener of guild events failed')
      }
    }
  }

  #evict(guildId: string): void {
    const entry = this.#entries.get(guildId)
    if (entry && entry.listeners.size === 0) this.#drop(guildId, entry)
  }

  #drop(guildId: string, entry: Entry): void {
    entry.subscription?.[Symbol.dispose]()
    if (this.#entries.get(guildId) !== entry) return
    this.#entries.delete(guildId)
    this.#idle.delete(guildId)
  }
}

function forgetMembers(entry: Entry): void {
  entry.memberAge++
  entry.memberChanges++
}
