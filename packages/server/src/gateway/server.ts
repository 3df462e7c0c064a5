import { FRIEND } from '../accounts/relationships.ts'
import { TOKEN_REVOKED, type TokenRevoked } from '../accounts/tokens.ts'
import type { BusEvent } from '../bus/bus.ts'
import type { App } from '../context.ts'
import type { Connection } from './connection.ts'
import { Hubs } from './hubs.ts'
import { joinLater } from './join.ts'
import { Meter } from './meter.ts'
import { Outbox } from './outbox.ts'
import { dispatchOf } from './payload.ts'
import { People } from './people.ts'
import { Presences } from './presences.ts'
import { CLOSE, OP } from './protocol.ts'
import type { Keeper, Session } from './session.ts'

/** READY is built for so many at once, and so many wait for it: a whole crowd that comes back after a restart. */
const READY_BUILDS = 8
const READY_WAITING = 20_000

/** What the gateway of one node holds. */
export class GatewayServer implements Keeper {
  readonly app: App
  readonly hubs: Hubs
  readonly people: People
  readonly presences: Presences
  readonly sessions = new Map<string, Session>()
  readonly connections = new Set<Connection>()
  readonly builds = new Meter(READY_BUILDS, READY_WAITING)
  readonly #outbox = new Outbox()
  #dispatched = 0
  closing = false

  constructor(app: App) {
    this.app = app
    this.hubs = new Hubs(app)
    this.people = new People(app.bus, (session, event) => this.tell(session, event))
    this.presences = new Presences(app)
  }

  flushLater(session: Session): void {
    this.#outbox.add(session)
  }

  wrote(dispatches: number): void {
    this.#dispatched += dispatches
  }

  /** Hands on what was counted: a counter's own price is too high for each socket of each message. */
  count(): void {
    this.app.metrics.gatewayDispatches.inc(this.#dispatched)
    this.#dispatched = 0
  }

  /** A user's session hears of an event that is for its user. */
  tell(session: Session, event: BusEvent): void {
    if (session.holdEarly(event)) return
    if (event.type === 'guild.joined') {
      joinLater(this, session, event)
      return
    }
    if (!isDispatch(event) || !session.handles(null)) return
    const payload = dispatchOf(event).for(session)
    if (payload) session.deliver(payload)
    const { id, type } = event.data as { id?: string; type?: number }
    if (
      id &&
      type === FRIEND &&
      event.type.startsWith('RELATIONSHIP_') &&
      event.type !== 'RELATIONSHIP_REMOVE'
    ) {
      this.presences
        .showTo(session, id)
        .catch((err) => this.app.log.warn({ err }, 'a presence could not be read'))
    }
  }

  /** What is for everybody, or for the nodes. */
  tellAll(event: BusEvent): void {
    if (event.type === TOKEN_REVOKED) this.#revoke(event.data as TokenRevoked)
    else if (isDispatch(event)) for (const session of this.sessions.values()) this.tell(session, event)
  }

  /** Takes up a session whose READY is about to be sent. */
  add(session: Session): void {
    this.sessions.set(session.id, session)
    this.app.metrics.gatewaySessions.set(this.sessions.size)
  }

  /** The session is over: nothing of it stays. */
  end(session: Session): void {
    if (session.ended) return
    session.end()
    for (const hub of [...session.guilds.values()]) hub.leave(session)
    this.people.remove(session)
    this.sessions.delete(session.id)
    this.presences.changed(session)
    this.app.metrics.gatewaySessions.set(this.sessions.size)
  }

  invalidate(session: Session): void {
    const { connection } = session
    this.end(session)
    if (!connection) return
    connection.session = null
    connection.sendControl(OP.invalidSession, false)
  }

  /** Events may have been missed: nobody here can be told what is true but by a new READY. */
  invalidateAll(): void {
    for (const session of [...this.sessions.values()]) this.invalidate(session)
  }

  #revoke({ user_id, session_id }: TokenRevoked): void {
    for (const session of [...this.sessions.values()]) {
      if (session.userId !== user_id || (session_id && session.actor.sessionId !== session_id)) continue
      const { connection } = session
      this.end(session)
      connection?.close(CLOSE.authenticationFailed)
    }
  }
}

/** Names in capitals are dispatches; the others concern only the nodes. */
function isDispatch(event: BusEvent): boolean {
  return /^[A-Z]/.test(event.type)
}
