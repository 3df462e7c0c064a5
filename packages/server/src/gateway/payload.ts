import type { BusEvent } from '../bus/bus.ts'
import { withoutContent } from './content.ts'
import { intentsFor } from './intents.ts'

/** A dispatch as all sessions share it: `{"t":…,"op":0,"d":…`, to which each adds its own `,"s":N}`. */
export interface Payload {
  readonly type: string
  readonly head: Buffer
}

export function createPayload(type: string, data: unknown): Payload {
  return { type, head: Buffer.from(`{"t":"${type}","op":0,"d":${JSON.stringify(data)}`) }
}

interface Receiver {
  userId: string
  intents: number
  readsContent: boolean
  convive: boolean
}

interface MessageData {
  author?: { id?: string }
  mentions?: readonly { id?: string }[]
}

/** An event on its way to sessions: serialised once in each of its variants, and only in those that somebody gets. */
export class Dispatch {
  readonly type: string
  readonly data: object
  readonly #needed: number
  readonly #ours: boolean
  readonly #hasContent: boolean
  #whole: Payload | null = null
  #blank: Payload | null = null

  constructor(type: string, data: object, inGuild: boolean) {
    this.type = type
    this.data = data
    this.#needed = intentsFor(type, inGuild)
    this.#ours = type.startsWith('CONVIVE_')
    this.#hasContent = inGuild && (type === 'MESSAGE_CREATE' || type === 'MESSAGE_UPDATE')
  }

  /** The variant that the session may have, or null if it did not ask for such events. */
  for(session: Receiver): Payload | null {
    if (this.#needed !== 0 && (session.intents & this.#needed) === 0) return null
    if (this.#ours && !session.convive) return null
    return !this.#hasContent || session.readsContent || this.#concerns(session.userId)
      ? this.whole()
      : this.blank()
  }

  whole(): Payload {
    this.#whole ??= createPayload(this.type, this.data)
    return this.#whole
  }

  /** Without what only MESSAGE_CONTENT may read. */
  blank(): Payload {
    this.#blank ??= createPayload(this.type, withoutContent(this.data))
    return this.#blank
  }

  #concerns(userId: string): boolean {
    const { author, mentions } = this.data as MessageData
    return author?.id === userId || (mentions?.some((user) => user.id === userId) ?? false)
  }
}

const dispatches = new WeakMap<BusEvent, Dispatch>()

/** The event's dispatch: one for all users and guilds of this node that it goes to. */
export function dispatchOf(event: BusEvent): Dispatch {
  let dispatch = dispatches.get(event)
  if (!dispatch) {
    const inGuild =
      'guildId' in event.audience || typeof (event.data as { guild_id?: unknown }).guild_id === 'string'
    dispatch = new Dispatch(event.type, event.data, inGuild)
    dispatches.set(event, dispatch)
  }
  return dispatch
}

interface Deliverable extends Receiver {
  deliver(payload: Payload): void
}

/** Gives each session the variant that it may have. */
export function sendTo(sessions: Iterable<Deliverable>, dispatch: Dispatch): void {
  for (const session of sessions) {
    const payload = dispatch.for(session)
    if (payload) session.deliver(payload)
  }
}
