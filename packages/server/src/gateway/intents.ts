import { GatewayIntentBits as Intent } from 'discord-api-types/v10'

// https://discord.com/developers/docs/events/gateway#gateway-intents

/** All bits that are documented. */
export const KNOWN_INTENTS: number = Object.values(Intent).reduce<number>(
  (all, bit) => (typeof bit === 'number' ? all | bit : all),
  0,
)

/** What a person's own client has, which names none. */
export const EVERY_INTENT: number = -1

interface Bits {
  guild: number
  dm: number
}

const both = (guild: number, dm: number): Bits => ({ guild, dm })
const MESSAGES = both(Intent.GuildMessages, Intent.DirectMessages)
const REACTIONS = both(Intent.GuildMessageReactions, Intent.DirectMessageReactions)
const POLLS = both(Intent.GuildMessagePolls, Intent.DirectMessagePolls)
const guildOnly = (bit: number): Bits => ({ guild: bit, dm: 0 })

/** Any of the bits lets the event through; 0, or no entry, needs none. */
const BITS: Readonly<Record<string, Bits>> = {
  GUILD_CREATE: guildOnly(Intent.Guilds),
  GUILD_UPDATE: guildOnly(Intent.Guilds),
  GUILD_DELETE: guildOnly(Intent.Guilds),
  GUILD_ROLE_CREATE: guildOnly(Intent.Guilds),
  GUILD_ROLE_UPDATE: guildOnly(Intent.Guilds),
  GUILD_ROLE_DELETE: guildOnly(Intent.Guilds),
  CHANNEL_CREATE: both(Intent.Guilds, Intent.DirectMessages),
  CHANNEL_UPDATE: both(Intent.Guilds, Intent.DirectMessages),
  CHANNEL_DELETE: both(Intent.Guilds, Intent.DirectMessages),
  CHANNEL_PINS_UPDATE: both(Intent.Guilds, Intent.DirectMessages),
  THREAD_CREATE: guildOnly(Intent.Guilds),
  THREAD_UPDATE: guildOnly(Intent.Guilds),
  THREAD_DELETE: guildOnly(Intent.Guilds),
  THREAD_LIST_SYNC: guildOnly(Intent.Guilds),
  THREAD_MEMBER_UPDATE: guildOnly(Intent.Guilds),
  THREAD_MEMBERS_UPDATE: guildOnly(Intent.Guilds | Intent.GuildMembers),
  GUILD_MEMBER_ADD: guildOnly(Intent.GuildMembers),
  GUILD_MEMBER_UPDATE: guildOnly(Intent.GuildMembers),
  GUILD_MEMBER_REMOVE: guildOnly(Intent.GuildMembers),
  GUILD_AUDIT_LOG_ENTRY_CREATE: guildOnly(Intent.GuildModeration),
  GUILD_BAN_ADD: guildOnly(Intent.GuildModeration),
  GUILD_BAN_REMOVE: guildOnly(Intent.GuildModeration),
  GUILD_EMOJIS_UPDATE: guildOnly(Intent.GuildExpressions),
  GUILD_STICKERS_UPDATE: guildOnly(Intent.GuildExpressions),
  GUILD_INTEGRATIONS_UPDATE: guildOnly(Intent.GuildIntegrations),
  WEBHOOKS_UPDATE: guildOnly(Intent.GuildWebhooks),
  INVITE_CREATE: guildOnly(Intent.GuildInvites),
  INVITE_DELETE: guildOnly(Intent.GuildInvites),
  VOICE_STATE_UPDATE: guildOnly(Intent.GuildVoiceStates),
  PRESENCE_UPDATE: guildOnly(Intent.GuildPresences),
  MESSAGE_CREATE: MESSAGES,
  MESSAGE_UPDATE: MESSAGES,
  MESSAGE_DELETE: MESSAGES,
  MESSAGE_DELETE_BULK: MESSAGES,
  MESSAGE_REACTION_ADD: REACTIONS,
  MESSAGE_REACTION_REMOVE: REACTIONS,
  MESSAGE_REACTION_REMOVE_ALL: REACTIONS,
  MESSAGE_REACTION_REMOVE_EMOJI: REACTIONS,
  TYPING_START: both(Intent.GuildMessageTyping, Intent.DirectMessageTyping),
  MESSAGE_POLL_VOTE_ADD: POLLS,
  MESSAGE_POLL_VOTE_REMOVE: POLLS,
}

/** The bits of which a session needs one to get the event; 0: everybody gets it. */
export function intentsFor(type: string, inGuild: boolean): number {
  const bits = BITS[type]
  if (!bits) return 0
  return inGuild ? bits.guild : bits.dm
}
