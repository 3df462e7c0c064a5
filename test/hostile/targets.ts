import { ApiClient } from '../client.ts'
import { must, type World } from '../world.ts'

/** Who asks: the `Authorization` header, or null for a stranger. */
export interface Asker {
  id: string
  authorization: string
  api: ApiClient
}

/** Real things for hostile requests to aim at; what a request destroyed is made anew. */
export class Targets {
  readonly #world: World
  readonly #askers = new Map<string, Asker>()
  /** By the names of path parameters: each real, the first the likeliest. */
  params: Record<string, string[]> = {}

  constructor(world: World) {
    this.#world = world
  }

  get owner(): Asker {
    return this.#asker('owner')
  }
  get member(): Asker {
    return this.#asker('member')
  }
  get bot(): Asker {
    return this.#asker('bot')
  }

  /** Every id there is, for bodies and queries. */
  get ids(): string[] {
    return [...new Set(Object.values(this.params).flat())].filter((id) => /^\d+$/.test(id))
  }

  /** Looks whether everything still stands, and makes a new table if not. */
  async renew(): Promise<void> {
    for (const name of ['owner', 'member']) await this.#signIn(name)
    if (!(await this.#stands())) await this.#build()
  }

  async #signIn(name: string): Promise<void> {
    const known = this.#askers.get(name)
    if (known && (await known.api.get('/users/@me')).status === 200) return
    const email = `${name}@example.org`
    const password = `a good password of ${name}`
    const path = `/api/convive/v1/accounts/${known ? 'sign-in' : 'sign-up'}`
    const body = known ? { login: email, password } : { username: name, email, password }
    let answer = await this.#world.stranger.post(path, body)
    // Wrong passwords were among what was sent before: they slow us down too.
    for (; answer.status === 429; answer = await this.#world.stranger.post(path, body))
      await new Promise((resolve) => setTimeout(resolve, answer.body.retry_after * 1000))
    const signed = must(answer, 200)
    this.#askers.set(name, this.#as(signed.user_id, signed.token))
  }

  async #stands(): Promise<boolean> {
    const {
      guild_id: [guildId] = [],
      channel_id: channels = [],
      message_id: [messageId] = [],
      code: [code] = [],
    } = this.params
    if (!guildId) return false
    const { api } = this.owner
    const guild = await api.get(`/guilds/${guildId}`)
    const answers = await Promise.all([
      ...channels.map((id) => api.get(`/channels/${id}`)),
      api.get(`/channels/${channels[0]}/messages/${messageId}`),
      api.get(`/guilds/${guildId}/members/${this.member.id}`),
      api.get(`/guilds/${guildId}/roles/${this.params.role_id?.[0]}`),
      api.get(`/invites/${code}`),
      api.get(`/api/convive/v1/characters/${this.params.character_id?.[0]}`),
      this.bot.api.get('/users/@me'),
      this.bot.api.get(`/channels/${channels[0]}/messages`),
      this.member.api.get(`/channels/${channels[0]}/messages`),
    ])
    return guild.body.owner_id === this.owner.id && answers.every((answer) => answer.status === 200)
  }

  async #build(): Promise<void> {
    const { api, id: ownerId } = this.owner
    await this.#clear()
    const guild = must(await api.post('/guilds', { name: 'The table' }), 201)
    const list = must(await api.get(`/guilds/${guild.id}/channels`), 200) as { id: string; type: number }[]
    const room = list.find((channel) => channel.type === 0)?.id ?? ''
    const invite = must(await api.post(`/channels/${room}/invites`, { unique: true }), 200)
    must(await this.member.api.post(`/invites/${invite.code}`), 200)
    const role = must(await api.post(`/guilds/${guild.id}/roles`, { name: 'a role', permissions: '8' }), 200)
    must(await api.put(`/guilds/${guild.id}/members/${this.member.id}/roles/${role.id}`), 204)
    const message = must(await api.post(`/channels/${room}/messages`, { content: 'hello' }), 200)
    const dm = must(await api.post('/users/@me/channels', { recipient_id: this.member.id }), 200)
    const application = must(await api.post('/applications', { name: 'testbot' }), 201)
    const { token } = must(await api.post(`/applications/${application.id}/bot/reset`), 200)
    this.#askers.set('bot', this.#as(application.id, `Bot ${token}`))
    const query = `client_id=${application.id}&scope=bot&permissions=8`
    must(await api.post(`/oauth2/authorize?${query}`, { guild_id: guild.id, authorize: true }), 200)
    const definition = { name: 'Mira', talkativeness: 0 }
    const character = must(await api.post('/api/convive/v1/characters', { definition }), 201)
    must(await api.put(`/api/convive/v1/guilds/${guild.id}/characters/${character.id}`), 204)
    this.params = {
      guild_id: [guild.id],
      channel_id: [room, ...list.map((channel) => channel.id).filter((id) => id !== room), dm.id],
      message_id: [message.id],
      user_id: [this.member.id, '@me', application.id, character.id, ownerId],
      role_id: [role.id, guild.id],
      overwrite_id: [role.id, this.member.id],
      application_id: [application.id],
      character_id: [character.id],
      code: [invite.code],
      emoji: ['%F0%9F%91%8D', 'name%3A123'],
      draft_id: [message.id],
      provider_id: ['1', 'bundled', 'env-openai'],
    }
  }

  /** Makes room below the limits of an account. */
  async #clear(): Promise<void> {
    for (const { api, id } of [this.owner, this.member]) {
      for (const one of (await api.get('/applications')).body) await api.delete(`/applications/${one.id}`)
      for (const one of (await api.get('/users/@me/guilds')).body) await api.delete(`/guilds/${one.id}`)
      const characters = (await api.get('/api/convive/v1/characters')).body as {
        id: string
        owner_id: string
      }[]
      for (const one of characters)
        if (one.owner_id === id) await api.delete(`/api/convive/v1/characters/${one.id}`)
    }
  }

  #asker(name: string): Asker {
    const asker = this.#askers.get(name)
    if (!asker) throw new Error(`${name} is not there yet`)
    return asker
  }

  #as(id: string, authorization: string): Asker {
    return { id, authorization, api: new ApiClient(this.#world.url, authorization) }
  }
}
