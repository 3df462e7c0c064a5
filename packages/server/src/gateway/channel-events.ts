import type { BusEvent } from '../bus/bus.ts'
import { channelToWire, type WireChannel } from '../guilds/wire.ts'
import { Activity } from './activity.ts'
import type { Audience, Sight } from './audience.ts'
import { Dispatch, dispatchOf, sendTo } from './payload.ts'

/** What sessions are told of a guild's channels: whole, with what was last said there. */
export class ChannelEvents {
  readonly activity = new Activity()
  readonly #guildId: string

  constructor(guildId: string) {
    this.#guildId = guildId
  }

  /** The dispatch of a channel's own event. */
  dispatch(event: BusEvent): Dispatch {
    const channel = event.data as WireChannel
    const activity = this.activity.get(channel.id)
    if (!activity || !('last_message_id' in channel)) return dispatchOf(event)
    const data = {
      ...channel,
      last_message_id: activity.lastMessageId,
      last_pin_timestamp: activity.lastPinAt?.toISOString() ?? null,
    }
    return new Dispatch(event.type, data, true)
  }

  /** Tells sessions of channels that came into their sight or left it. */
  tell(audience: Audience, sights: readonly Sight[]): void {
    const made = new Map<string, Dispatch>()
    const once = (type: string, id: string, data: () => object) => {
      const dispatch = made.get(type + id) ?? new Dispatch(type, data(), true)
      made.set(type + id, dispatch)
      return dispatch
    }
    for (const { watcher, gained, lost } of sights) {
      for (const id of lost) {
        const type = audience.state.channels.get(id)?.type ?? 0
        const data = () => ({ id, guild_id: this.#guildId, type })
        sendTo(watcher.sessions, once('CHANNEL_DELETE', id, data))
      }
      for (const id of gained) {
        const channel = audience.state.channels.get(id)
        const data = () => (channel ? channelToWire(channel, this.activity.get(id)) : {})
        if (channel) sendTo(watcher.sessions, once('CHANNEL_CREATE', id, data))
      }
    }
  }
}
