import type { Draft, DraftEnd } from '@convive/protocol/events'
import type { App } from '../context.ts'
import type { Access } from '../guilds/access.ts'
import { channelAudience, guildIdOf, versionOf } from '../messages/audience.ts'
import { eventId } from '../storage/database.ts'
import type { Turn } from './turns.ts'

/** The first words go out at once; the rest is gathered, so that a fast model does not flood the room. */
const GATHER_MS = 50
/** Clients forget a typing notice after ten seconds. */
const TYPING_REPEAT_MS = 8_000

/** Shows a room an answer while it is written: our pages see it grow, other clients see typing. Nothing is stored. */
export class DraftShow implements Disposable {
  readonly #app: App
  readonly #access: Access
  readonly #turn: Turn
  #sent = 0
  #pending = ''
  #gathering: NodeJS.Timeout | undefined
  readonly #typing: NodeJS.Timeout

  constructor(app: App, access: Access, turn: Turn) {
    this.#app = app
    this.#access = access
    this.#turn = turn
    this.#publish('CONVIVE_DRAFT', this.#draft('thinking', ''))
    this.#type()
    this.#typing = setInterval(() => this.#type(), TYPING_REPEAT_MS)
  }

  /** Text that follows what was shown before. */
  add(text: string): void {
    this.#pending += text
    if (this.#gathering) return
    this.flush()
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined
      if (this.#pending !== '') this.add('')
    }, GATHER_MS)
  }

  /** The draft is over; its message has been sent, if there is one. */
  end(outcome: DraftEnd['outcome'], failure?: DraftEnd['failure']): void {
    this[Symbol.dispose]()
    const end = { ...this.#ids(), outcome, ...(failure && { failure }) }
    this.#publish('CONVIVE_DRAFT_END', end)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#gathering)
    clearInterval(this.#typing)
  }

  /** Shows what is gathered now: before the message that takes the draft's place. */
  flush(): void {
    if (this.#pending === '') return
    const text = this.#pending
    this.#pending = ''
    this.#publish('CONVIVE_DRAFT', this.#draft('speaking', text))
    this.#sent += text.length
  }

  #ids() {
    return {
      channel_id: this.#turn.channel_id,
      ...guildIdOf(this.#access),
      draft_id: this.#turn.id,
      character_id: this.#turn.character_id,
    }
  }

  #draft(phase: Draft['phase'], text: string): Draft {
    return { ...this.#ids(), message_id: this.#turn.message_id, phase, offset: this.#sent, text }
  }

  #type(): void {
    this.#publish('TYPING_START', {
      channel_id: this.#turn.channel_id,
      ...guildIdOf(this.#access),
      user_id: this.#turn.character_id,
      timestamp: Math.floor(this.#app.now() / 1000),
    })
  }

  #publish(type: string, data: object): void {
    this.#app.bus.publish({
      id: eventId(),
      type,
      audience: channelAudience(this.#access),
      ...versionOf(this.#access),
      data,
    })
  }
}
