import { setTimeout as sleep } from 'node:timers/promises'
import { must, type Person } from '../world.ts'

interface Said {
  id: string
  channelId: string
  authorId: string
  n: number
}

/** An answer that is no success must still be one of ours. */
interface Refusal {
  status: number
  body: { code?: unknown; message?: unknown }
}

/** People who write to channels and mark them read, as fast as they are answered, and remember what they were promised. */
export class Load {
  readonly said: Said[] = []
  /** Last message acknowledged as read, by `user channel`. */
  readonly read = new Map<string, string>()
  readonly refusals: Refusal[] = []
  readonly #people: readonly Person[]
  readonly #channels: readonly string[]
  #stopped = false
  #running: Promise<unknown> = Promise.resolve()
  #counts = new Map<string, number>()

  constructor(people: readonly Person[], channels: readonly string[]) {
    this.#people = people
    this.#channels = channels
  }

  start(): void {
    this.#stopped = false
    this.#running = Promise.all(this.#people.map((person, index) => this.#write(person, index)))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #write(person: Person, index: number): Promise<void> {
    for (let turn = index; !this.#stopped; turn++) {
      const channelId = this.#channels[turn % this.#channels.length] ?? ''
      const n = (this.#counts.get(person.id) ?? 0) + 1
      this.#counts.set(person.id, n)
      const path = `/channels/${channelId}/messages`
      const answer = await person.api
        .post(path, { content: `${person.id} ${n}`, nonce: String(n) })
        .catch(() => null)
      if (answer?.status !== 200) {
        if (answer) this.refusals.push(answer)
        await sleep(20)
        continue
      }
      const { id } = answer.body
      this.said.push({ id, channelId, authorId: person.id, n })
      const read = await person.api.post(`${path}/${id}/ack`, {}).catch(() => null)
      if (read?.status === 200) this.read.set(`${person.id} ${channelId}`, id)
      else if (read) this.refusals.push(read)
    }
  }

  /** What does not hold of what was promised, as the same people find it, maybe elsewhere; empty if everything does. */
  async broken(people = this.#people): Promise<string[]> {
    const complaints: string[] = []
    const [reader] = people
    if (!reader) throw new Error('nobody reads')
    for (const channelId of this.#channels) {
      const history = await readAll(reader, channelId)
      const ids = history.map((message) => message.id)
      for (const [index, id] of ids.entries())
        if (index > 0 && BigInt(id) <= BigInt(ids[index - 1] ?? 0)) complaints.push(`${id} is out of order`)
      const counts = new Map<string, number>()
      for (const { content } of history) counts.set(content, (counts.get(content) ?? 0) + 1)
      for (const [content, count] of counts)
        if (count > 1) complaints.push(`"${content}" is there ${count} times`)
      const kept = new Map(history.map((message) => [message.id, message.content]))
      for (const one of this.said.filter((one) => one.channelId === channelId))
        if (kept.get(one.id) !== `${one.authorId} ${one.n}`) complaints.push(`${one.id} is lost`)
      complaints.push(...wrongOrder(history))
    }
    return [...complaints, ...(await this.#unread(people))]
  }

  async #unread(people: readonly Person[]): Promise<string[]> {
    const complaints: string[] = []
    for (const person of people) {
      using socket = await person.connect()
      for (const channelId of this.#channels) {
        const promised = this.read.get(`${person.id} ${channelId}`)
        const entry = socket.ready.read_state.entries.find((one: { id: string }) => one.id === channelId)
        if (promised && !(BigInt(entry?.last_message_id ?? 0) >= BigInt(promised)))
          complaints.push(`${person.name} had read ${promised}, now ${entry?.last_message_id}`)
      }
    }
    return complaints
  }
}

/** Refusals that are not 5xx in Discord's form. */
export function strange(refusals: readonly Refusal[]): Refusal[] {
  return refusals.filter(
    ({ status, body }) => status < 500 || !Number.isInteger(body.code) || typeof body.message !== 'string',
  )
}

async function readAll(reader: Person, channelId: string): Promise<{ id: string; content: string }[]> {
  const all: { id: string; content: string }[] = []
  for (let after = '0'; ; ) {
    const path = `/channels/${channelId}/messages?limit=100&after=${after}`
    const page = must(await reader.api.get(path), 200).reverse() as { id: string; content: string }[]
    all.push(...page)
    const last = page.at(-1)
    if (!last) return all
    after = last.id
  }
}

function wrongOrder(history: readonly { content: string }[]): string[] {
  const last = new Map<string, number>()
  return history.flatMap(({ content }) => {
    const [author = '', n = '0'] = content.split(' ')
    const before = last.get(author) ?? 0
    last.set(author, Number(n))
    return /^\d+ \d+$/.test(content) && Number(n) < before ? [`"${content}" comes after ${before}`] : []
  })
}
