/** What the parent of a gateway bench says to its processes, and what they answer. */
export type ServerCommand =
  | { do: 'prepare'; users: number }
  /** One message to everybody, its time of sending inside. */
  | { do: 'broadcast' }
  /** So many messages, as fast as sockets take them. */
  | { do: 'flood'; messages: number }
  /** Frees what is not used, before its memory is read. */
  | { do: 'collect' }
  | { do: 'measure' }
  | { do: 'stop' }

/** Answers name the command that they answer. */
export type Numbered = ServerCommand & { id: number }

export interface Measured {
  cpuMs: number
  rssBytes: number
  heapBytes: number
}

export interface ClientsCommand {
  url: string
  /** One socket each; for the floor only their number counts. */
  tokens: (string | null)[]
}

export interface RoundReport {
  /** Nanoseconds from sending to receipt, one per socket. */
  latenciesNs: number[]
}

/** Where in a message's content its time stands: process.hrtime, the same clock in all processes of a machine. */
export const AT = 'at='
export const AT_DIGITS = 18

export function stamp(): string {
  return AT + process.hrtime.bigint().toString().padStart(AT_DIGITS, '0')
}

/** A message object as the server sends it, about as long as most. */
export function sampleMessage(content: string, guildId: string, channelId: string, authorId: string): object {
  return {
    id: '1300000000000000000',
    channel_id: channelId,
    content: `${content} Everybody at this table has heard this one before.`,
    author: {
      id: authorId,
      username: 'teller',
      discriminator: '0',
      global_name: 'The teller',
      avatar: null,
      bot: false,
    },
    timestamp: '2026-11-23T03:20:00.000000+00:00',
    edited_timestamp: null,
    tts: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments: [],
    embeds: [],
    components: [],
    pinned: false,
    type: 0,
    flags: 0,
    guild_id: guildId,
    member: {
      nick: null,
      roles: [],
      joined_at: '2026-11-23T03:00:00.000000+00:00',
      deaf: false,
      mute: false,
      flags: 0,
    },
  }
}

/** Frees what can be freed, and gives the emptied pages back. */
export function collect(): void {
  const gc = globalThis.gc as ((options: object) => void) | undefined
  gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
