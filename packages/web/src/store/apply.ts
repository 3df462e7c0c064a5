import type { Draft, DraftEnd } from '@convive/protocol/events'
import type {
  Channel,
  Emoji,
  GuildProperties,
  Member,
  Message,
  Presence,
  Ready,
  Relationship,
  Role,
  User,
  WireGuild,
} from '../wire.ts'
import * as guilds from './apply-guilds.ts'
import * as messages from './apply-messages.ts'
import * as people from './apply-people.ts'
import { emptyState, type History, type ReadState, type State } from './state.ts'

type ReactionAt = { channel_id: string; message_id: string; user_id: string; emoji: Emoji }
type MemberAt = Member & { guild_id: string }
type RoleAt = { guild_id: string; role: Role }
type RecipientAt = { channel_id: string; user: User }

/** The gateway's dispatches that change the store, by name. */
interface Events {
  READY: Ready
  GUILD_CREATE: WireGuild
  GUILD_UPDATE: GuildProperties & { roles?: Role[] }
  GUILD_DELETE: { id: string; unavailable?: boolean }
  GUILD_ROLE_CREATE: RoleAt
  GUILD_ROLE_UPDATE: RoleAt
  GUILD_ROLE_DELETE: { guild_id: string; role_id: string }
  GUILD_MEMBER_ADD: MemberAt
  GUILD_MEMBER_UPDATE: MemberAt
  GUILD_MEMBER_REMOVE: { guild_id: string; user: User }
  GUILD_MEMBERS_CHUNK: { guild_id: string; members: Member[]; presences?: Presence[] }
  CHANNEL_CREATE: Channel
  CHANNEL_UPDATE: Channel
  CHANNEL_DELETE: { id: string }
  CHANNEL_RECIPIENT_ADD: RecipientAt
  CHANNEL_RECIPIENT_REMOVE: RecipientAt
  CHANNEL_PINS_UPDATE: { channel_id: string; last_pin_timestamp?: string | null }
  MESSAGE_CREATE: Message
  MESSAGE_UPDATE: Partial<Message> & { id: string; channel_id: string }
  MESSAGE_DELETE: { id: string; channel_id: string }
  MESSAGE_DELETE_BULK: { ids: string[]; channel_id: string }
  MESSAGE_REACTION_ADD: ReactionAt
  MESSAGE_REACTION_REMOVE: ReactionAt
  MESSAGE_REACTION_REMOVE_ALL: { channel_id: string; message_id: string }
  MESSAGE_REACTION_REMOVE_EMOJI: { channel_id: string; message_id: string; emoji: Emoji }
  MESSAGE_ACK: { channel_id: string; message_id: string; mention_count?: number }
  TYPING_START: { channel_id: string; user_id: string }
  PRESENCE_UPDATE: Presence
  RELATIONSHIP_ADD: Relationship
  RELATIONSHIP_UPDATE: Partial<Relationship> & { id: string; type: number }
  RELATIONSHIP_REMOVE: { id: string }
  USER_UPDATE: User
  CONVIVE_DRAFT: Draft
  CONVIVE_DRAFT_END: DraftEnd
}

export type EventName = keyof Events

type Reducers = { [Name in EventName]: (state: State, data: Events[Name], now: number) => State }

const reducers: Reducers = {
  READY: applyReady,
  GUILD_CREATE: (state, guild) =>
    guild.unavailable ? guilds.applyUnavailable(state, guild.id) : guilds.applyGuild(state, guild),
  GUILD_UPDATE: guilds.updateGuild,
  GUILD_DELETE: (state, { id, unavailable }) =>
    unavailable ? guilds.applyUnavailable(state, id) : guilds.removeGuild(state, id),
  GUILD_ROLE_CREATE: (state, { guild_id, role }) => guilds.applyRole(state, guild_id, role),
  GUILD_ROLE_UPDATE: (state, { guild_id, role }) => guilds.applyRole(state, guild_id, role),
  GUILD_ROLE_DELETE: (state, { guild_id, role_id }) => guilds.removeRole(state, guild_id, role_id),
  GUILD_MEMBER_ADD: (state, { guild_id, ...member }) =>
    guilds.countMember(guilds.applyMembers(state, guild_id, [member]), guild_id, 1),
  GUILD_MEMBER_UPDATE: (state, { guild_id, ...member }) => guilds.applyMembers(state, guild_id, [member]),
  GUILD_MEMBER_REMOVE: (state, { guild_id, user }) =>
    guilds.countMember(guilds.removeMember(state, guild_id, user.id), guild_id, -1),
  GUILD_MEMBERS_CHUNK: guilds.applyChunk,
  CHANNEL_CREATE: guilds.applyChannel,
  CHANNEL_UPDATE: guilds.applyChannel,
  CHANNEL_DELETE: (state, { id }) => guilds.removeChannel(state, id),
  CHANNEL_RECIPIENT_ADD: (state, at) => changeRecipients(state, at, true),
  CHANNEL_RECIPIENT_REMOVE: (state, at) => changeRecipients(state, at, false),
  CHANNEL_PINS_UPDATE: (state, { channel_id }) => ({
    ...state,
    pinsVersion: { ...state.pinsVersion, [channel_id]: (state.pinsVersion[channel_id] ?? 0) + 1 },
  }),
  MESSAGE_CREATE: messages.applyMessage,
  MESSAGE_UPDATE: messages.updateMessage,
  MESSAGE_DELETE: (state, { id, channel_id }) => messages.removeMessages(state, channel_id, [id]),
  MESSAGE_DELETE_BULK: (state, { ids, channel_id }) => messages.removeMessages(state, channel_id, ids),
  MESSAGE_REACTION_ADD: (state, at) => messages.applyReaction(state, at, 1),
  MESSAGE_REACTION_REMOVE: (state, at) => messages.applyReaction(state, at, -1),
  MESSAGE_REACTION_REMOVE_ALL: (state, at) => messages.clearReactions(state, at.channel_id, at.message_id),
  MESSAGE_REACTION_REMOVE_EMOJI: (state, at) =>
    messages.clearReactions(state, at.channel_id, at.message_id, at.emoji),
  MESSAGE_ACK: messages.applyAck,
  TYPING_START: messages.applyTyping,
  PRESENCE_UPDATE: (state, presence) =>
    people.applyPresences(people.withUsers(state, [presence.user as User]), [presence]),
  RELATIONSHIP_ADD: people.applyRelationship,
  RELATIONSHIP_UPDATE: people.applyRelationship,
  RELATIONSHIP_REMOVE: (state, { id }) => people.removeRelationship(state, id),
  USER_UPDATE: people.applyUser,
  CONVIVE_DRAFT: messages.applyDraft,
  CONVIVE_DRAFT_END: messages.endDraft,
}

/** The next state after one dispatch. An event that this client does not know changes nothing. `now` in ms since 1970. */
export function apply(state: State, event: string, data: unknown, now: number): State {
  if (!Object.hasOwn(reducers, event)) return state
  const reducer = reducers[event as EventName] as (state: State, data: unknown, now: number) => State
  return reducer(state, data, now)
}

// A new session: what it brings is the truth. Only what the gateway does not tell is kept: fetched history, now stale, and echoes.
function applyReady(state: State, ready: Ready): State {
  const histories: Record<string, History> = {}
  for (const [id, history] of Object.entries(state.histories)) histories[id] = { ...history, stale: true }
  const kept = state.me?.id === ready.user.id ? { histories, echoes: state.echoes } : {}
  let next: State = {
    ...emptyState,
    ...kept,
    ready: true,
    me: ready.user,
    instance: ready.convive?.instance ?? state.instance,
  }
  next = people.withUsers(next, [ready.user, ...(ready.users ?? [])])
  for (const channel of ready.private_channels) next = guilds.applyChannel(next, named(channel, next))
  for (const relationship of ready.relationships) next = people.applyRelationship(next, relationship)
  for (const guild of ready.guilds) {
    next = 'channels' in guild ? guilds.applyGuild(next, guild) : guilds.applyUnavailable(next, guild.id)
  }
  const entries = Array.isArray(ready.read_state) ? ready.read_state : (ready.read_state?.entries ?? [])
  const reads: Record<string, ReadState> = {}
  for (const { id, last_message_id, mention_count } of entries)
    reads[id] = { last_message_id, mention_count: mention_count ?? 0 }
  return people.applyPresences({ ...next, reads }, ready.presences ?? [])
}

function named(channel: Channel, state: State): Channel {
  if (channel.recipients || !channel.recipient_ids) return channel
  const recipients = channel.recipient_ids.flatMap((id) => state.users[id] ?? [])
  return { ...channel, recipients }
}

function changeRecipients(state: State, { channel_id, user }: RecipientAt, added: boolean): State {
  const channel = state.channels[channel_id]
  if (!channel) return state
  const others = (channel.recipients ?? []).filter((other) => other.id !== user.id)
  const next = people.withUsers(state, [user])
  return {
    ...next,
    channels: {
      ...next.channels,
      [channel_id]: { ...channel, recipients: added ? [...others, user] : others },
    },
  }
}
