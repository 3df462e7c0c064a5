import type { InstanceInfo } from '@convive/protocol/accounts'
import type { Draft } from '@convive/protocol/events'
import type {
  Attachment,
  Channel,
  GuildProperties,
  Member,
  Message,
  PresenceStatus,
  Role,
  User,
} from '../wire.ts'

export interface Guild extends GuildProperties {
  roles: Role[]
  /** Known, but the server cannot serve it just now. */
  unavailable: boolean
}

/** A stretch of a channel's history without gaps, oldest first. */
export interface History {
  items: Message[]
  hasOlder: boolean
  hasNewer: boolean
  /** Events were missed since: to be fetched again. */
  stale: boolean
}

/** A message of one's own that the server has not confirmed. */
export interface Echo {
  nonce: string
  content: string
  attachments: Pick<Attachment, 'filename' | 'size'>[]
  reply_to: string | null
  created_at: number
  /** Why it was not sent; null while it is on its way. */
  failure: string | null
}

export interface LiveDraft extends Draft {
  text: string
}

export interface ReadState {
  last_message_id: string | null
  mention_count: number
}

export type Table<T> = Readonly<Record<string, T>>

/** Everything the gateway told, as one plain value. */
export interface State {
  ready: boolean
  me: User | null
  instance: InstanceInfo | null
  users: Table<User>
  guilds: Table<Guild>
  /** Order of the rail. */
  guildIds: readonly string[]
  channels: Table<Channel>
  /** By guild, then by user. */
  members: Table<Table<Omit<Member, 'user'>>>
  presences: Table<PresenceStatus>
  relationships: Table<number>
  reads: Table<ReadState>
  histories: Table<History>
  echoes: Table<Echo[]>
  drafts: Table<LiveDraft[]>
  /** By channel, then by user: until when they count as typing, in ms since 1970. */
  typing: Table<Table<number>>
  /** Counts CHANNEL_PINS_UPDATE, so that an open list of pins fetches again. */
  pinsVersion: Table<number>
}

export const emptyState: State = {
  ready: false,
  me: null,
  instance: null,
  users: {},
  guilds: {},
  guildIds: [],
  channels: {},
  members: {},
  presences: {},
  relationships: {},
  reads: {},
  histories: {},
  echoes: {},
  drafts: {},
  typing: {},
  pinsVersion: {},
}

/** The table with one entry set. */
export function put<T>(table: Table<T>, key: string, value: T): Table<T> {
  return table[key] === value ? table : { ...table, [key]: value }
}

/** The table without one entry. */
export function without<T>(table: Table<T>, key: string): Table<T> {
  if (!(key in table)) return table
  const { [key]: _, ...rest } = table
  return rest
}
