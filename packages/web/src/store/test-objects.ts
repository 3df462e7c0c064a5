import type { Channel, Member, Message, Ready, Role, User, WireGuild } from '../wire.ts'
import { apply } from './apply.ts'
import { emptyState, type State } from './state.ts'

// Small whole objects for the tests of this folder. Ids are in the order of their time.

const BASE = 1_500_000_000_000_000_000n

/** The n-th id, a second after the one before. */
export const id = (n: number): string => String(BASE + (BigInt(n) << 32n))

export const GUILD = id(1)
export const CHANNEL_ID = id(2)
export const ME = id(3)
export const BOB = id(4)
export const MEI = id(5)

export const user = (userId: string, username: string, extra: Partial<User> = {}): User => ({
  id: userId,
  username,
  global_name: null,
  avatar: null,
  discriminator: '0',
  ...extra,
})

export const me = user(ME, 'ada')
export const bob = user(BOB, 'bob')
export const mei = user(MEI, 'mei', { bot: true, convive: { kind: 'character' } })

export const role = (roleId: string, extra: Partial<Role> = {}): Role => ({
  id: roleId,
  name: 'role',
  color: 0,
  hoist: false,
  position: 0,
  permissions: '0',
  managed: false,
  mentionable: false,
  ...extra,
})

export const channel = (channelId: string, extra: Partial<Channel> = {}): Channel => ({
  id: channelId,
  type: 0,
  name: 'general',
  position: 0,
  permission_overwrites: [],
  last_message_id: null,
  ...extra,
})

export const member = (of: User, roles: string[] = []): Member => ({
  user: of,
  roles,
  joined_at: '2023-04-24T00:00:00Z',
})

// View, send, read history.
const EVERYONE = String((1n << 10n) | (1n << 11n) | (1n << 16n))

export const guild = (extra: Partial<WireGuild> = {}): WireGuild => ({
  id: GUILD,
  name: 'The table',
  icon: null,
  owner_id: BOB,
  roles: [role(GUILD, { name: '@everyone', permissions: EVERYONE })],
  channels: [channel(CHANNEL_ID)],
  members: [member(me), member(bob), member(mei)],
  member_count: 3,
  ...extra,
})

export const message = (n: number, author: User, content: string, extra: Partial<Message> = {}): Message => ({
  id: id(n),
  channel_id: CHANNEL_ID,
  author,
  content,
  timestamp: '2023-04-24T00:00:00Z',
  edited_timestamp: null,
  type: 0,
  pinned: false,
  mention_everyone: false,
  mentions: [],
  mention_roles: [],
  attachments: [],
  embeds: [],
  ...extra,
})

export const ready = (extra: Partial<Ready> = {}): Ready => ({
  user: me,
  guilds: [guild()],
  private_channels: [],
  relationships: [],
  read_state: { entries: [] },
  session_id: 's',
  resume_gateway_url: 'ws://x',
  ...extra,
})

/** The state after READY and the events given, in order. */
export function stateAfter(...events: [string, unknown][]): State {
  return [['READY', ready()] as [string, unknown], ...events].reduce(
    (state, [event, data]) => apply(state, event, data, 1_000_000),
    emptyState,
  )
}
