import { setTimeout as sleep } from 'node:timers/promises'
import type { BusEvent } from '../bus/bus.ts'
import type { App } from '../context.ts'
import { readActivity } from '../guilds/channel-rows.ts'
import type { GuildState } from '../guilds/state.ts'
import type { WireChannel } from '../guilds/wire.ts'
import { Audience, type Watcher } from './audience.ts'
import { ChannelEvents } from './channel-events.ts'
import { type Entry, type Hold, isInSnapshot, withChanges } from './hold.ts'
import { readWatched } from './members.ts'
import { Dispatch, dispatchOf, sendTo } from './payload.ts'
import { PRESENT, presenceToWire } from './presence-wire.ts'
import type { Session } from './session.ts'

/** Events kept for a session while its snapshot is read, or for all while members are read anew. */
const HELD_EVENTS = 20_000
/** Larger guilds do not tell everybody of everybody's coming and going: that grows with the square. */
export const PRESENCE_SESSIONS = 1_000
/** How often it is looked whether a change that the database has was heard of here, and when it is read instead. */
const CATCH_UP_POLL_MS = 10
const CATCH_UP_READ_MS = 1_000
const CATCH_UP_MS = 20_000

type Item = { event: BusEvent | null; after: GuildState | null }

/** A guild as this node's sessions live it: every event of it, in order, to those who may have it. */
export class Hub {
  readonly guildId: string
  readonly #app: App
  readonly #holds = new Set<Hold>()
  readonly #channels: ChannelEvents
  #state: GuildState | null = null
  #audience: Audience | null = null
  /** Not null while members are read anew: everything waits in it. */
  #queue: Item[] | null = null
  #listening: Disposable | null = null

  private constructor(app: App, guildId: string) {
    this.#app = app
    this.guildId = guildId
    this.#channels = new ChannelEvents(guildId)
  }

  /** Begins to hear the guild. */
  static async open(app: App, guildId: string): Promise<Hub> {
    const hub = new Hub(app, guildId)
    const listening = await app.guilds.listen(guildId, (event, _before, after) =>
      hub.#receive({ event, after }),
    )
    hub.#listening = listening
    hub.#state = app.guilds.peek(guildId) ?? hub.#state ?? listening.state
    if (hub.#state) hub.#audience = new Audience(hub.#state)
    hub.#channels.activity.merge(await readActivity(app.db, guildId))
    return hub
  }

  /** Nobody is in it. */
  get empty(): boolean {
    return this.#audience?.empty ?? true
  }

  close(): void {
    this.#listening?.[Symbol.dispose]()
  }

  /** Keeps events for the session from now on. */
  hold(session: Session): Hold {
    const hold: Hold = { session, events: [], void: false }
    this.#holds.add(hold)
    return hold
  }

  letGo(hold: Hold): void {
    this.#holds.delete(hold)
  }

  /** Whether what is known here is at least as new as `version`. */
  hasReached(version: bigint): boolean {
    return this.#queue === null && (this.#state === null || this.#state.version >= version)
  }

  /** Waits until the change that made `version` was heard of here; reads the guild anew if it does not come. */
  async reach(version: bigint): Promise<void> {
    for (let waitedMs = 0; !this.hasReached(version); waitedMs += CATCH_UP_POLL_MS) {
      if (waitedMs > CATCH_UP_MS) throw new Error(`guild ${this.guildId} does not reach version ${version}`)
      if (waitedMs === CATCH_UP_READ_MS) await this.#app.guilds.refresh(this.guildId)
      await sleep(CATCH_UP_POLL_MS)
    }
  }

  /**
   * Puts the held session into the audience and ends with what it may see from now on; null if it is no member any more.
   * Whoever calls sends that at once, then calls `release`, with no await between.
   */
  enter(hold: Hold, entry: Entry): { state: GuildState; visible: ReadonlySet<string> } | null {
    const { session } = hold
    const audience = this.#audience
    const facts = withChanges(session.userId, entry, hold.events)
    if (!audience || !facts) return null
    const watcher = audience.add(session, { userId: session.userId, ...facts })
    session.guilds.set(this.guildId, this)
    return { state: audience.state, visible: watcher.view.visible }
  }

  /** Delivers what was held, but for what the session was told with its snapshot. */
  release(hold: Hold, entry: Entry): void {
    this.#holds.delete(hold)
    const watcher = this.#audience?.find(hold.session.userId)
    if (!watcher) return
    for (const event of hold.events)
      if (!isInSnapshot(event, entry)) this.#deliverTo(hold.session, watcher, event)
  }

  leave(session: Session): void {
    session.guilds.delete(this.guildId)
    this.#audience?.remove(session)
  }

  #receive(item: Item): void {
    if (this.#queue) {
      this.#queue.push(item)
      if (this.#queue.length > HELD_EVENTS) this.#cutAll('too many events wait for members to be read')
      return
    }
    this.#process(item)
  }

  #process({ event, after }: Item): void {
    if (event === null) {
      this.#voidHolds()
      this.#resync(after)
      return
    }
    for (const hold of this.#holds) this.#holdFor(hold, event)
    const fresh = this.#state === null || (after?.version ?? 0n) > this.#state.version || after === null
    this.#channels.activity.note(event)
    if (fresh && event.change) this.#applyChange(event, after)
    else this.#applyLate(event)
  }

  #voidHolds(): void {
    for (const hold of this.#holds) hold.void = true
  }

  #holdFor(hold: Hold, event: BusEvent): void {
    if (hold.events.length < HELD_EVENTS) hold.events.push(event)
    else hold.void = true
  }

  /** A change that makes a new state. */
  #applyChange(event: BusEvent, after: GuildState | null): void {
    const before = this.#state
    this.#state = after
    const audience = this.#audience
    if (!audience) return
    if (!after) {
      this.#end(event)
      return
    }
    switch (event.type) {
      case 'CHANNEL_CREATE':
      case 'CHANNEL_UPDATE':
      case 'CHANNEL_DELETE':
        this.#changeChannel(audience, event, after)
        return
      case 'GUILD_MEMBER_UPDATE':
      case 'GUILD_MEMBER_REMOVE':
        audience.replaceState(after)
        this.#changeMember(audience, event)
        return
      case 'GUILD_ROLE_DELETE':
        this.#deliver(event)
        audience.replaceState(after)
        this.#dropRole(audience, (event.data as { role_id: string }).role_id)
        this.#channels.tell(audience, audience.update(after, null))
        return
      default:
        this.#deliver(event)
        if (before && !changesSight(event, before, after)) audience.replaceState(after)
        else this.#channels.tell(audience, audience.update(after, null))
    }
  }

  /** What changes no state; or a change whose state was read from the database before it was heard of. */
  #applyLate(event: BusEvent): void {
    const audience = this.#audience
    if (!audience) return
    if (event.change && (event.type === 'GUILD_MEMBER_UPDATE' || event.type === 'GUILD_MEMBER_REMOVE')) {
      this.#changeMember(audience, event)
    } else if (event.change && event.type.startsWith('CHANNEL_')) {
      // Who gained or lost sight of it was told so with the state.
      if (event.type !== 'CHANNEL_DELETE')
        sendTo(audience.inChannel((event.data as WireChannel).id), this.#channels.dispatch(event))
    } else this.#deliver(event)
    if (event.type === 'GUILD_MEMBER_ADD') this.#showCharacter(audience, event)
  }

  /** A character is there from the moment it is brought in. */
  #showCharacter(audience: Audience, event: BusEvent): void {
    const { user } = event.data as { user: { id: string; convive?: { kind?: string } } }
    if (user.convive?.kind !== 'character') return
    const data = presenceToWire(user.id, PRESENT, this.guildId)
    sendTo(audience.everyone(), new Dispatch('PRESENCE_UPDATE', data, true))
  }

  #deliver(event: BusEvent): void {
    const audience = this.#audience
    if (!audience) return
    const { channelId, permission } = event.audience as { channelId?: string; permission?: bigint }
    if (permission !== undefined) {
      const dispatch = dispatchOf(event)
      for (const watcher of audience.watchers) {
        if (audience.includes(watcher, channelId, permission, this.#app.now()))
          sendTo(watcher.sessions, dispatch)
      }
      return
    }
    const sessions = channelId === undefined ? audience.everyone() : audience.inChannel(channelId)
    if (event.type === 'PRESENCE_UPDATE' && sessions.length > PRESENCE_SESSIONS) return
    sendTo(sessions, dispatchOf(event))
  }

  #deliverTo(session: Session, watcher: Watcher, event: BusEvent): void {
    const { channelId, permission } = event.audience as { channelId?: string; permission?: bigint }
    if (this.#audience?.includes(watcher, channelId, permission, this.#app.now()))
      sendTo([session], dispatchOf(event))
  }

  #changeChannel(audience: Audience, event: BusEvent, after: GuildState): void {
    const { id } = event.data as WireChannel
    const sights = audience.update(after, [id])
    const dispatch = this.#channels.dispatch(event)
    if (event.type === 'CHANNEL_UPDATE') {
      const gained = new Set(
        sights.filter((sight) => sight.gained.length > 0).flatMap(({ watcher }) => [...watcher.sessions]),
      )
      sendTo(
        audience.inChannel(id).filter((session) => !gained.has(session)),
        dispatch,
      )
      this.#channels.tell(audience, sights)
    } else for (const { watcher } of sights) sendTo(watcher.sessions, dispatch)
    if (event.type === 'CHANNEL_DELETE') this.#channels.activity.delete(id)
  }

  #changeMember(audience: Audience, event: BusEvent): void {
    const member = event.data as {
      user: { id: string }
      roles?: string[]
      communication_disabled_until?: string | null
    }
    const watcher = audience.find(member.user.id)
    const version = BigInt(event.version ?? 0)
    const isNews = watcher !== null && version > watcher.factsVersion
    if (isNews && event.type === 'GUILD_MEMBER_REMOVE') this.#expel(watcher)
    this.#deliver(event)
    if (!isNews || event.type === 'GUILD_MEMBER_REMOVE') return
    const dispatch = dispatchOf(event)
    // One's own change needs no intent.
    for (const session of watcher.sessions) if (!dispatch.for(session)) session.deliver(dispatch.whole())
    const sight = audience.changeFacts(watcher, {
      roleIds: member.roles ?? [],
      timedOutUntilMs: member.communication_disabled_until
        ? Date.parse(member.communication_disabled_until)
        : null,
      factsVersion: version,
    })
    this.#channels.tell(audience, [sight])
  }

  #dropRole(audience: Audience, roleId: string): void {
    for (const watcher of audience.watchers) {
      if (watcher.roleIds.includes(roleId)) watcher.roleIds = watcher.roleIds.filter((id) => id !== roleId)
    }
  }

  /** The watcher is a member no longer. */
  #expel(watcher: Watcher): void {
    const gone = new Dispatch('GUILD_DELETE', { id: this.guildId }, true)
    for (const session of [...watcher.sessions]) {
      this.leave(session)
      sendTo([session], gone)
    }
  }

  /** The guild is no more. */
  #end(event: BusEvent | null): void {
    const gone = event ? dispatchOf(event) : new Dispatch('GUILD_DELETE', { id: this.guildId }, true)
    const sessions = [...(this.#audience?.everyone() ?? [])]
    for (const session of sessions) this.leave(session)
    sendTo(sessions, gone)
    this.#audience = null
  }

  /** The state was read anew, ahead of its events: who may see what is found out anew before anything else is told. */
  #resync(after: GuildState | null): void {
    this.#state = after
    if (!after || !this.#audience) {
      this.#end(null)
      return
    }
    if (this.#audience.empty) {
      this.#audience.update(after, null)
      return
    }
    this.#queue = []
    this.#rereadMembers(this.#audience).catch((err) => {
      this.#app.log.error({ err, guildId: this.guildId }, 'members could not be read; their sessions are cut')
      this.#cutAll('members could not be read')
    })
  }

  async #rereadMembers(audience: Audience): Promise<void> {
    const watched = await readWatched(
      this.#app.db,
      this.guildId,
      [...audience.watchers].map((watcher) => watcher.userId),
    )
    for (let tries = 0; this.#newest().version < watched.version; tries++) {
      if (tries > 1) throw new Error('the guild stays behind its members')
      await this.#app.guilds.refresh(this.guildId)
    }
    const queue = this.#queue ?? []
    const state = this.#newest()
    this.#queue = null
    this.#state = state
    for (const watcher of [...audience.watchers]) {
      const facts = watched.members.get(watcher.userId)
      if (watcher.factsVersion >= watched.version) continue
      if (facts) Object.assign(watcher, facts, { factsVersion: watched.version })
      else this.#expel(watcher)
    }
    this.#channels.tell(audience, audience.update(state, null))
    for (const { event, after } of queue) {
      if (after === null) return this.#end(event)
      if (!event) {
        this.#voidHolds()
        continue
      }
      for (const hold of this.#holds) this.#holdFor(hold, event)
      this.#channels.activity.note(event)
      this.#applyLate(event)
    }
  }

  #newest(): GuildState {
    let newest = this.#state
    for (const { after } of this.#queue ?? [])
      if (after && (!newest || after.version > newest.version)) newest = after
    if (!newest) throw new Error('the guild is gone')
    return newest
  }

  /** Where nothing else is safe: the sessions start anew, with what is true then. */
  #cutAll(reason: string): void {
    this.#app.log.warn({ guildId: this.guildId, reason }, 'sessions of a guild start anew')
    const sessions = [...(this.#audience?.everyone() ?? [])]
    this.#queue = null
    for (const session of sessions) {
      this.leave(session)
      session.invalidate()
    }
  }
}

function changesSight(event: BusEvent, before: GuildState, after: GuildState): boolean {
  if (event.type === 'GUILD_ROLE_CREATE') return false
  if (event.type === 'GUILD_UPDATE') return before.ownerId !== after.ownerId
  if (event.type !== 'GUILD_ROLE_UPDATE') return true
  const { id } = (event.data as { role: { id: string } }).role
  return before.roles.get(id)?.permissions !== after.roles.get(id)?.permissions
}
