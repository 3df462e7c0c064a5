import {
  channelPermissions,
  guildPermissions,
  hasPermission,
  type Overwrite,
} from '@convive/protocol/permissions'
import type { GuildState } from '../guilds/state.ts'
import type { Session } from './session.ts'

/** A member of the guild who has sessions here, with what decides what they may see. */
export interface Watcher {
  readonly userId: string
  roleIds: readonly string[]
  timedOutUntilMs: number | null
  /** The guild's version at which these facts were true; older changes of the member are not applied to them. */
  factsVersion: bigint
  readonly sessions: Set<Session>
  view: View
}

/** The channels that members with the same roles see. One is computed for all of them. */
export interface View {
  readonly key: string
  readonly visible: ReadonlySet<string>
  readonly watchers: Set<Watcher>
}

/** What a watcher gained and lost sight of. */
export interface Sight {
  watcher: Watcher
  gained: readonly string[]
  lost: readonly string[]
}

type Facts = Pick<Watcher, 'userId' | 'roleIds' | 'timedOutUntilMs' | 'factsVersion'>

/** Who of a guild's members with sessions here may see what, in memory. */
export class Audience {
  #state: GuildState
  #views = new Map<string, View>()
  /** Users whose view is their own: the owner, and whoever has an overwrite. */
  #singular: ReadonlySet<string>
  readonly #watchers = new Map<string, Watcher>()
  #everyone: Session[] | null = null
  readonly #byChannel = new Map<string, Session[]>()

  constructor(state: GuildState) {
    this.#state = state
    this.#singular = singularUsers(state)
  }

  get state(): GuildState {
    return this.#state
  }

  get watchers(): Iterable<Watcher> {
    return this.#watchers.values()
  }

  get empty(): boolean {
    return this.#watchers.size === 0
  }

  find(userId: string): Watcher | null {
    return this.#watchers.get(userId) ?? null
  }

  /** All sessions of the guild. */
  everyone(): readonly Session[] {
    this.#everyone ??= [...this.#watchers.values()].flatMap((watcher) => [...watcher.sessions])
    return this.#everyone
  }

  /** The sessions that may see the channel. */
  inChannel(channelId: string): readonly Session[] {
    let sessions = this.#byChannel.get(channelId)
    if (!sessions) {
      sessions = []
      for (const view of this.#views.values()) {
        if (!view.visible.has(channelId)) continue
        for (const watcher of view.watchers) sessions.push(...watcher.sessions)
      }
      this.#byChannel.set(channelId, sessions)
    }
    return sessions
  }

  /** Whether the watcher may see the channel, if one is given, and has the permission, if one is. */
  includes(
    watcher: Watcher,
    channelId: string | undefined,
    permission: bigint | undefined,
    nowMs: number,
  ): boolean {
    if (channelId !== undefined && !watcher.view.visible.has(channelId)) return false
    if (permission === undefined) return true
    const channel = channelId === undefined ? undefined : this.#state.channels.get(channelId)
    const bits = channel
      ? channelPermissions(this.#state, watcher, channel.overwrites, nowMs)
      : guildPermissions(this.#state, watcher, nowMs)
    return (bits & permission) === permission
  }

  /** Adds a session; `facts` count only if its user has no other here. */
  add(session: Session, facts: Facts): Watcher {
    let watcher = this.#watchers.get(facts.userId)
    if (!watcher) {
      const view = this.#viewFor(facts, this.#views, null)
      watcher = { ...facts, sessions: new Set(), view }
      view.watchers.add(watcher)
      this.#watchers.set(facts.userId, watcher)
    }
    watcher.sessions.add(session)
    this.#forgetLists()
    return watcher
  }

  remove(session: Session): void {
    const watcher = this.#watchers.get(session.userId)
    if (!watcher?.sessions.delete(session)) return
    if (watcher.sessions.size === 0) {
      this.#watchers.delete(watcher.userId)
      this.#leaveView(watcher)
    }
    this.#forgetLists()
  }

  /** Takes a new state that changes nobody's sight. */
  replaceState(state: GuildState): void {
    this.#state = state
  }

  /** Takes a new state and tells whose sight changed. `channels`: only these can have; null: any. */
  update(state: GuildState, channels: readonly string[] | null): Sight[] {
    const known = this.#views
    this.#state = state
    this.#singular = singularUsers(state)
    this.#views = new Map()
    this.#forgetLists()
    const sights: Sight[] = []
    const differences = new Map<View, Map<View, Omit<Sight, 'watcher'>>>()
    for (const watcher of this.#watchers.values()) {
      const before = watcher.view
      watcher.view = this.#viewFor(watcher, known, channels)
      watcher.view.watchers.add(watcher)
      const difference = differ(differences, before, watcher.view)
      if (difference.gained.length + difference.lost.length > 0) sights.push({ watcher, ...difference })
    }
    return sights
  }

  /** Takes new facts of one watcher. */
  changeFacts(watcher: Watcher, facts: Omit<Facts, 'userId'>): Sight {
    const before = watcher.view
    this.#leaveView(watcher)
    Object.assign(watcher, facts)
    watcher.view = this.#viewFor(watcher, this.#views, null)
    watcher.view.watchers.add(watcher)
    this.#forgetLists()
    return { watcher, ...differ(new Map(), before, watcher.view) }
  }

  #leaveView(watcher: Watcher): void {
    watcher.view.watchers.delete(watcher)
    if (watcher.view.watchers.size === 0) this.#views.delete(watcher.view.key)
  }

  #forgetLists(): void {
    this.#everyone = null
    this.#byChannel.clear()
  }

  // `known` are views under the state before: still right, but for `channels`.
  #viewFor(facts: Facts, known: ReadonlyMap<string, View>, channels: readonly string[] | null): View {
    const roles = [...facts.roleIds].sort().join()
    const key = this.#singular.has(facts.userId) ? `${roles}@${facts.userId}` : roles
    const current = this.#views.get(key)
    if (current) return current
    const old = known.get(key)
    const visible = channels && old ? this.#recheck(facts, old.visible, channels) : this.#visibleTo(facts)
    const view: View = { key, visible, watchers: new Set() }
    this.#views.set(key, view)
    return view
  }

  #recheck(facts: Facts, before: ReadonlySet<string>, channels: readonly string[]): ReadonlySet<string> {
    const visible = new Set(before)
    for (const id of channels) {
      if (this.#sees(facts, this.#state.channels.get(id)?.overwrites)) visible.add(id)
      else visible.delete(id)
    }
    return visible
  }

  #visibleTo(facts: Facts): ReadonlySet<string> {
    const visible = new Set<string>()
    for (const channel of this.#state.channels.values())
      if (this.#sees(facts, channel.overwrites)) visible.add(channel.id)
    return visible
  }

  #sees(facts: Facts, overwrites: readonly Overwrite[] | undefined): boolean {
    return (
      overwrites !== undefined &&
      hasPermission(channelPermissions(this.#state, facts, overwrites), 'ViewChannel')
    )
  }
}

function singularUsers(state: GuildState): ReadonlySet<string> {
  const users = new Set([state.ownerId])
  for (const channel of state.channels.values()) {
    for (const overwrite of channel.overwrites) if (overwrite.type === 1) users.add(overwrite.id)
  }
  return users
}

function differ(
  memo: Map<View, Map<View, Omit<Sight, 'watcher'>>>,
  before: View,
  after: View,
): Omit<Sight, 'watcher'> {
  const row = memo.get(before) ?? new Map<View, Omit<Sight, 'watcher'>>()
  memo.set(before, row)
  let difference = row.get(after)
  if (!difference) {
    difference = {
      gained: [...after.visible].filter((id) => !before.visible.has(id)),
      lost: [...before.visible].filter((id) => !after.visible.has(id)),
    }
    row.set(after, difference)
  }
  return difference
}
