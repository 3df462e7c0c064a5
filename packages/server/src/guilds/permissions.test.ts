import {
  ALL_PERMISSIONS,
  channelPermissions,
  guildPermissions,
  type Overwrite,
  Permission,
} from '@convive/protocol/permissions'
import {
  type APIGuild,
  type APIGuildMember,
  type APIRole,
  Client,
  type Guild,
  type GuildChannel,
  type GuildMember,
  PermissionsBitField,
} from 'discord.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'

// discord.js computes what bots believe they may do. What it leaves out (timeouts, implied denials) is written here from
// Discord's documentation, not from our code: https://discord.com/developers/docs/topics/permissions

const SEED = 20_260_729
const RUNS = 400
const NOW_MS = Date.UTC(2026, 0, 1)
const GUILD_ID = '100000000000000001'
const CHANNEL_ID = '100000000000000002'
const MEMBER_ID = '100000000000000003'
const OTHER_ID = '100000000000000004'
const ROLE_IDS = ['200000000000000001', '200000000000000002', '200000000000000003', '200000000000000004']

interface Case {
  everyone: bigint
  roles: bigint[]
  /** Which of the roles the member has. */
  held: boolean[]
  owner: boolean
  timedOutUntilMs: number | null
  overwrites: Overwrite[]
}

const { Administrator, ViewChannel, SendMessages } = Permission
// Administrator would end most cases at once: it comes by itself, seldom.
const bits = fc
  .tuple(
    fc.subarray(Object.values(Permission).filter((bit) => bit !== Administrator)),
    fc.integer({ min: 0, max: 30 }),
    fc.boolean(),
  )
  .map(([set, chance, sees]) => sum(set) | (chance === 0 ? Administrator : 0n) | (sees ? ViewChannel : 0n))

const overwrites = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(GUILD_ID, ...ROLE_IDS, MEMBER_ID, OTHER_ID),
    allow: bits,
    deny: bits,
  }),
  { selector: (overwrite) => overwrite.id, maxLength: 7 },
)

const cases: fc.Arbitrary<Case> = fc.record({
  everyone: bits,
  roles: fc.tuple(bits, bits, bits, bits),
  held: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  owner: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  timedOutUntilMs: fc.constantFrom(null, null, NOW_MS - 1, NOW_MS, NOW_MS + 60_000),
  overwrites: overwrites.map((all) =>
    // Discord never stores a bit as both.
    all.map(({ id, allow, deny }) => ({
      id,
      type: id === MEMBER_ID || id === OTHER_ID ? 1 : 0,
      allow: allow & ~deny & ~Administrator,
      deny: deny & ~Administrator,
    })),
  ),
})

function sum(set: readonly bigint[]): bigint {
  return set.reduce((all, bit) => all | bit, 0n)
}

function heldRoles(one: Case): string[] {
  return ROLE_IDS.filter((_, n) => one.held[n])
}

/** The same guild in discord.js, whose client connects to nothing. */
function inDiscordJs(one: Case): { member: GuildMember; channel: GuildChannel } {
  const client = new Client({ intents: [] })
  const role = (id: string, permissions: bigint, position: number) =>
    ({ id, name: id, permissions: String(permissions), position, color: 0 }) as APIRole
  const raw = {
    id: GUILD_ID,
    name: 'guild',
    owner_id: one.owner ? MEMBER_ID : OTHER_ID,
    roles: [role(GUILD_ID, one.everyone, 0), ...ROLE_IDS.map((id, n) => role(id, one.roles[n] ?? 0n, n + 1))],
    channels: [
      {
        id: CHANNEL_ID,
        type: 0,
        name: 'channel',
        permission_overwrites: one.overwrites.map((overwrite) => ({
          ...overwrite,
          allow: String(overwrite.allow),
          deny: String(overwrite.deny),
        })),
      },
    ],
  }
  const guild = add<Guild, APIGuild>(client.guilds, raw)
  const member = add<GuildMember, APIGuildMember>(guild.members, {
    user: { id: MEMBER_ID, username: 'member', discriminator: '0' },
    roles: heldRoles(one),
    communication_disabled_until: one.timedOutUntilMs && new Date(one.timedOutUntilMs).toISOString(),
  })
  const channel = guild.channels.cache.get(CHANNEL_ID)
  if (!channel) throw new Error('discord.js kept no channel')
  return { member, channel: channel as GuildChannel }
}

/** How discord.js takes what the gateway sends; its types do not show it. */
function add<Made, Raw>(manager: object, raw: unknown): Made {
  return (manager as { _add(data: Raw): Made })._add(raw as Raw)
}

/** "Timed out members … lose all permissions except VIEW_CHANNEL and READ_MESSAGE_HISTORY. Owners and admins are exempt." */
function withTimeout(one: Case, permissions: bigint): bigint {
  const over = one.timedOutUntilMs === null || one.timedOutUntilMs <= NOW_MS
  return over ? permissions : permissions & (ViewChannel | Permission.ReadMessageHistory)
}

/** "Denying VIEW_CHANNEL implicitly denies other permissions"; "denying SEND_MESSAGES implicitly denies …". */
function withImpliedDenials(permissions: bigint): bigint {
  if (!(permissions & ViewChannel)) return 0n
  if (permissions & SendMessages) return permissions
  const { MentionEveryone, SendTTSMessages, AttachFiles, EmbedLinks } = Permission
  return permissions & ~(MentionEveryone | SendTTSMessages | AttachFiles | EmbedLinks)
}

function facts(one: Case) {
  const roles = new Map([
    [GUILD_ID, { permissions: one.everyone }],
    ...ROLE_IDS.map((id, n) => [id, { permissions: one.roles[n] ?? 0n }] as const),
  ])
  const guild = { guildId: GUILD_ID, ownerId: one.owner ? MEMBER_ID : OTHER_ID, roles }
  const member = { userId: MEMBER_ID, roleIds: heldRoles(one), timedOutUntilMs: one.timedOutUntilMs }
  return { guild, member }
}

/** Owners and administrators: Discord's ALL, whatever is denied. */
function mayAll(member: GuildMember): boolean {
  return member.permissions.has(Administrator, false) || member.guild.ownerId === member.id
}

test('both know the same permissions', () => {
  expect(ALL_PERMISSIONS).toBe(PermissionsBitField.All)
})

test('permissions in a guild are those of discord.js', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const { member } = inDiscordJs(one)
      const expected = mayAll(member)
        ? PermissionsBitField.All
        : withTimeout(one, member.permissions.bitfield)
      const { guild, member: ours } = facts(one)
      expect(guildPermissions(guild, ours, NOW_MS)).toBe(expected)
    }),
    { seed: SEED, numRuns: RUNS },
  )
})

test('permissions in a channel are those of discord.js, and what the documentation adds', () => {
  let plain = 0
  fc.assert(
    fc.property(cases, (one) => {
      const { member, channel } = inDiscordJs(one)
      const theirs = channel.permissionsFor(member).bitfield
      const expected = mayAll(member) ? theirs : withImpliedDenials(withTimeout(one, theirs))
      const { guild, member: ours } = facts(one)
      expect(channelPermissions(guild, ours, one.overwrites, NOW_MS)).toBe(expected)
      if (!mayAll(member) && expected !== 0n) plain++
    }),
    { seed: SEED, numRuns: RUNS },
  )
  // The cases would prove little if nearly all of them ended in everything or nothing.
  expect(plain).toBeGreaterThan(RUNS / 4)
})
