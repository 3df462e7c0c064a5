import { isNewer } from '@convive/protocol/snowflakes'
import type { BusEvent } from '../bus/bus.ts'
import type { ChannelActivity } from '../guilds/channel-rows.ts'

/** Last message and pin of a guild's channels, kept by its events: a channel that comes into sight is told with them. */
export class Activity {
  readonly #channels = new Map<string, ChannelActivity>()

  get(channelId: string): ChannelActivity | undefined {
    return this.#channels.get(channelId)
  }

  delete(channelId: string): void {
    this.#channels.delete(channelId)
  }

  /** Takes what was read from the database; what was heard since is newer. */
  merge(read: ReadonlyMap<string, ChannelActivity>): void {
    for (const [id, { lastMessageId, lastPinAt }] of read) {
      const heard = this.#channels.get(id)
      this.#channels.set(id, {
        lastMessageId: heard?.lastMessageId ?? lastMessageId,
        lastPinAt: heard?.lastPinAt ?? lastPinAt,
      })
    }
  }

  note(event: BusEvent): void {
    if (event.type === 'MESSAGE_CREATE') {
      const { id, channel_id } = event.data as { id: string; channel_id: string }
      const known = this.#channels.get(channel_id)
      if (isNewer(id, known?.lastMessageId))
        this.#channels.set(channel_id, { lastMessageId: id, lastPinAt: known?.lastPinAt ?? null })
    } else if (event.type === 'CHANNEL_PINS_UPDATE') {
      const { channel_id, last_pin_timestamp: at } = event.data as {
        channel_id: string
        last_pin_timestamp?: string | null
      }
      const known = this.#channels.get(channel_id)
      this.#channels.set(channel_id, {
        lastMessageId: known?.lastMessageId ?? null,
        lastPinAt: at ? new Date(at) : null,
      })
    }
  }
}
