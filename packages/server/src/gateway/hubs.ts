import type { App } from '../context.ts'
import { Hub } from './hub.ts'

interface Pinned {
  hub: Promise<Hub>
  /** How many are about to use it. */
  pins: number
}

/** The hubs of the guilds that sessions of this node are in. */
export class Hubs {
  readonly #app: App
  readonly #open = new Map<string, Pinned>()

  constructor(app: App) {
    this.#app = app
  }

  /** The guild's hub, which stays open until it is unpinned as often as it was pinned, and while anybody is in it. */
  async pin(guildId: string): Promise<Hub> {
    let pinned = this.#open.get(guildId)
    if (!pinned) {
      pinned = { hub: Hub.open(this.#app, guildId), pins: 0 }
      this.#open.set(guildId, pinned)
    }
    pinned.pins++
    try {
      return await pinned.hub
    } catch (error) {
      if (this.#open.get(guildId) === pinned) this.#open.delete(guildId)
      throw error
    }
  }

  unpin(guildId: string): void {
    const pinned = this.#open.get(guildId)
    if (pinned) pinned.pins--
  }

  /** Closes those that nobody uses. Called now and then: somebody who left often comes back. */
  async sweep(): Promise<void> {
    for (const [guildId, pinned] of this.#open) {
      if (pinned.pins > 0) continue
      const hub = await pinned.hub
      if (pinned.pins > 0 || !hub.empty || this.#open.get(guildId) !== pinned) continue
      this.#open.delete(guildId)
      hub.close()
    }
  }

  async close(): Promise<void> {
    const hubs = [...this.#open.values()]
    this.#open.clear()
    for (const { hub } of hubs) (await hub.catch(() => null))?.close()
  }
}
