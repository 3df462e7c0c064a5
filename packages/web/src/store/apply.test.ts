import { describe, expect, test } from 'vitest'
import { apply } from './apply.ts'
import { applyPage, putEcho } from './apply-messages.ts'
import { channelGroups, isUnread, nameColour } from './selectors.ts'
import { emptyState, type State } from './state.ts'
import {
  BOB,
  bob,
  CHANNEL_ID,
  channel,
  GUILD,
  guild,
  id,
  ME,
  MEI,
  me,
  mei,
  member,
  message,
  ready,
  role,
  stateAfter,
} from './test-objects.ts'

const NOW = 1_000_000

const latest = (state: State, ...messages: ReturnType<typeof message>[]) =>
  applyPage(state, CHANNEL_ID, 'latest', [...messages].reverse(), 50)

const contents = (state: State) => state.histories[CHANNEL_ID]?.items.map((item) => item.content)

describe('READY', () => {
  test('brings whole guilds, people and channels', () => {
    const state = stateAfter()
    expect(state.me?.id).toBe(ME)
    expect(state.guilds[GUILD]).toMatchObject({ name: 'The table', unavailable: false })
    expect(state.channels[CHANNEL_ID]?.guild_id).toBe(GUILD)
    expect(state.users[MEI]?.convive?.kind).toBe('character')
  })

  test('with a stub and GUILD_CREATE afterwards comes to the same', () => {
    const stub = apply(
      emptyState,
      'READY',
      ready({ guilds: [{ id: GUILD, unavailable: true }], users: [bob, mei] }),
      NOW,
    )
    expect(stub.guilds[GUILD]?.unavailable).toBe(true)
    const state = apply(stub, 'GUILD_CREATE', guild(), NOW)
    const whole = stateAfter()
    expect(state.guilds).toEqual(whole.guilds)
    expect(state.channels).toEqual(whole.channels)
    expect(state.members).toEqual(whole.members)
  })

  test('again keeps fetched history, marked as stale, and forgets the rest', () => {
    const before = latest(
      stateAfter(['GUILD_CREATE', guild({ id: id(50), channels: [] })]),
      message(10, bob, 'hi'),
    )
    const state = apply(before, 'READY', ready(), NOW)
    expect(state.guildIds).toEqual([GUILD])
    expect(state.histories[CHANNEL_ID]?.stale).toBe(true)
    expect(contents(state)).toEqual(['hi'])
  })

  test('for somebody else keeps nothing', () => {
    const state = apply(latest(stateAfter(), message(10, bob, 'hi')), 'READY', ready({ user: bob }), NOW)
    expect(state.histories).toEqual({})
  })
})

describe('messages', () => {
  test('are appended once, however often they come', () => {
    let state = latest(stateAfter(), message(10, bob, 'a'))
    for (let times = 0; times < 2; times++) state = apply(state, 'MESSAGE_CREATE', message(11, bob, 'b'), NOW)
    expect(contents(state)).toEqual(['a', 'b'])
  })

  test('that come out of order are put in order', () => {
    let state = latest(stateAfter(), message(10, bob, 'a'))
    state = apply(state, 'MESSAGE_CREATE', message(12, bob, 'c'), NOW)
    state = apply(state, 'MESSAGE_CREATE', message(11, mei, 'b'), NOW)
    expect(contents(state)).toEqual(['a', 'b', 'c'])
  })

  test('do not open a gap in a stretch that one jumped to', () => {
    let state = stateAfter(['MESSAGE_CREATE', message(90, bob, 'newest')])
    state = applyPage(state, CHANNEL_ID, 'around', [message(11, bob, 'old')], 50)
    state = apply(state, 'MESSAGE_CREATE', message(91, bob, 'newer'), NOW)
    expect(contents(state)).toEqual(['old'])
    expect(state.histories[CHANNEL_ID]?.hasNewer).toBe(true)
  })

  test('replace the echo under their nonce', () => {
    const echo = {
      nonce: '77',
      content: 'hi',
      attachments: [],
      reply_to: null,
      created_at: NOW,
      failure: null,
    }
    let state = putEcho(latest(stateAfter()), CHANNEL_ID, echo)
    expect(state.echoes[CHANNEL_ID]).toHaveLength(1)
    state = apply(state, 'MESSAGE_CREATE', message(11, me, 'hi', { nonce: '77' }), NOW)
    expect(state.echoes[CHANNEL_ID]).toBeUndefined()
    expect(contents(state)).toEqual(['hi'])
  })

  test('are updated in part, also where they are quoted', () => {
    let state = latest(
      stateAfter(),
      message(10, bob, 'a'),
      message(11, me, 'b', { referenced_message: message(10, bob, 'a') }),
    )
    state = apply(state, 'MESSAGE_UPDATE', { id: id(10), channel_id: CHANNEL_ID, content: 'A' }, NOW)
    expect(contents(state)).toEqual(['A', 'b'])
    expect(state.histories[CHANNEL_ID]?.items[1]?.referenced_message?.content).toBe('A')
  })

  test('lose a settled notice when they come whole without it', () => {
    let state = latest(
      stateAfter(),
      message(10, mei, '', { convive: { notice: { failure: 'Unreachable', model: 'm' } } }),
    )
    state = apply(state, 'MESSAGE_UPDATE', message(10, mei, 'Better now'), NOW)
    expect(state.histories[CHANNEL_ID]?.items[0]?.convive).toBeUndefined()
  })

  test('go, alone and in bulk', () => {
    let state = latest(stateAfter(), message(10, bob, 'a'), message(11, bob, 'b'), message(12, bob, 'c'))
    state = apply(state, 'MESSAGE_DELETE', { id: id(10), channel_id: CHANNEL_ID }, NOW)
    state = apply(state, 'MESSAGE_DELETE_BULK', { ids: [id(11)], channel_id: CHANNEL_ID }, NOW)
    expect(contents(state)).toEqual(['c'])
  })

  test('pages join without doubles', () => {
    let state = latest(stateAfter(), message(12, bob, 'c'), message(13, bob, 'd'))
    state = applyPage(state, CHANNEL_ID, 'before', [message(12, bob, 'c'), message(11, bob, 'b')], 2)
    expect(contents(state)).toEqual(['b', 'c', 'd'])
    expect(state.histories[CHANNEL_ID]?.hasOlder).toBe(true)
    state = applyPage(state, CHANNEL_ID, 'before', [message(10, bob, 'a')], 2)
    expect(state.histories[CHANNEL_ID]?.hasOlder).toBe(false)
  })
})

describe('reactions', () => {
  const at = (userId: string) => ({
    channel_id: CHANNEL_ID,
    message_id: id(10),
    user_id: userId,
    emoji: { id: null, name: '👍' },
  })

  test('count, and know which are mine', () => {
    let state = latest(stateAfter(), message(10, bob, 'a'))
    state = apply(state, 'MESSAGE_REACTION_ADD', at(BOB), NOW)
    state = apply(state, 'MESSAGE_REACTION_ADD', at(ME), NOW)
    state = apply(state, 'MESSAGE_REACTION_ADD', at(ME), NOW)
    expect(state.histories[CHANNEL_ID]?.items[0]?.reactions).toMatchObject([{ count: 2, me: true }])
    state = apply(state, 'MESSAGE_REACTION_REMOVE', at(ME), NOW)
    state = apply(state, 'MESSAGE_REACTION_REMOVE', at(BOB), NOW)
    expect(state.histories[CHANNEL_ID]?.items[0]?.reactions).toEqual([])
  })
})

describe('unread', () => {
  const unread = (state: State) => isUnread(state, state.channels[CHANNEL_ID] ?? channel(CHANNEL_ID))
  // The fixtures' ids are of July 2025, after joining.
  test('comes with a message of another, goes with an ack', () => {
    let state = stateAfter(['MESSAGE_CREATE', message(10, bob, 'a')])
    expect(unread(state)).toBe(true)
    state = apply(state, 'MESSAGE_ACK', { channel_id: CHANNEL_ID, message_id: id(10) }, NOW)
    expect(unread(state)).toBe(false)
  })

  test('never comes from what one writes oneself', () => {
    expect(unread(stateAfter(['MESSAGE_CREATE', message(10, me, 'a')]))).toBe(false)
  })

  test('counts mentions by name, by role and of everyone', () => {
    const state = stateAfter(
      ['GUILD_ROLE_CREATE', { guild_id: GUILD, role: role(id(20)) }],
      ['GUILD_MEMBER_UPDATE', { guild_id: GUILD, ...member(me, [id(20)]) }],
      ['MESSAGE_CREATE', message(10, bob, 'a', { mentions: [me] })],
      ['MESSAGE_CREATE', message(11, bob, 'b', { mention_roles: [id(20)] })],
      ['MESSAGE_CREATE', message(12, bob, 'c', { mention_everyone: true })],
      ['MESSAGE_CREATE', message(13, bob, 'd')],
    )
    expect(state.reads[CHANNEL_ID]?.mention_count).toBe(3)
  })
})

describe('drafts', () => {
  const draft = (offset: number, text: string) => ({
    channel_id: CHANNEL_ID,
    draft_id: '900',
    character_id: MEI,
    message_id: null,
    phase: 'speaking' as const,
    offset,
    text,
  })

  test('grow by offset, and forgive a repeated part', () => {
    const state = stateAfter(
      ['CONVIVE_DRAFT', draft(0, 'Hel')],
      ['CONVIVE_DRAFT', draft(3, 'lo')],
      ['CONVIVE_DRAFT', draft(3, 'lo, you')],
    )
    expect(state.drafts[CHANNEL_ID]?.[0]?.text).toBe('Hello, you')
  })

  test('give way to their message', () => {
    let state = latest(stateAfter(['CONVIVE_DRAFT', draft(0, 'Hello')]))
    state = apply(state, 'MESSAGE_CREATE', message(10, mei, 'Hello', { nonce: '900' }), NOW)
    expect(state.drafts[CHANNEL_ID]).toBeUndefined()
    expect(state.histories[CHANNEL_ID]?.items[0]?.nonce).toBe('900')
  })

  test('end without one', () => {
    const end = { channel_id: CHANNEL_ID, draft_id: '900', character_id: MEI, outcome: 'silent' }
    expect(stateAfter(['CONVIVE_DRAFT', draft(0, '')], ['CONVIVE_DRAFT_END', end]).drafts).toEqual({})
  })
})

describe('guilds', () => {
  test('go with all that was in them', () => {
    const state = stateAfter(['MESSAGE_CREATE', message(10, bob, 'a')], ['GUILD_DELETE', { id: GUILD }])
    expect(state.guildIds).toEqual([])
    expect(state.channels).toEqual({})
    expect(state.members).toEqual({})
  })

  test('that are only unavailable stay', () => {
    const state = stateAfter(['GUILD_DELETE', { id: GUILD, unavailable: true }])
    expect(state.guilds[GUILD]).toMatchObject({ name: 'The table', unavailable: true })
  })

  test('a role goes from its members too', () => {
    const state = stateAfter(
      ['GUILD_ROLE_CREATE', { guild_id: GUILD, role: role(id(20), { color: 0xff0000, position: 1 }) }],
      ['GUILD_MEMBER_UPDATE', { guild_id: GUILD, ...member(bob, [id(20)]) }],
    )
    expect(nameColour(state, GUILD, BOB)).toBe('#ff0000')
    const after = apply(state, 'GUILD_ROLE_DELETE', { guild_id: GUILD, role_id: id(20) }, NOW)
    expect(after.members[GUILD]?.[BOB]?.roles).toEqual([])
    expect(nameColour(after, GUILD, BOB)).toBeNull()
  })

  test('members come, change and go', () => {
    const eve = { id: id(30), username: 'eve', global_name: null, avatar: null, discriminator: '0' }
    let state = stateAfter(['GUILD_MEMBER_ADD', { guild_id: GUILD, ...member(eve) }])
    expect(state.guilds[GUILD]?.member_count).toBe(4)
    state = apply(state, 'GUILD_MEMBER_REMOVE', { guild_id: GUILD, user: eve }, NOW)
    expect(state.members[GUILD]?.[id(30)]).toBeUndefined()
    expect(state.guilds[GUILD]?.member_count).toBe(3)
  })

  test('channels that one may not see are not listed', () => {
    const hidden = channel(id(40), {
      guild_id: GUILD,
      name: 'secret',
      permission_overwrites: [{ id: GUILD, type: 0, allow: '0', deny: '1024' }],
    })
    const state = stateAfter(['CHANNEL_CREATE', hidden])
    expect(channelGroups(state, GUILD).flatMap((group) => group.channels.map((item) => item.id))).toEqual([
      CHANNEL_ID,
    ])
  })
})

test('relationships, presence, typing and oneself', () => {
  const state = stateAfter(
    ['RELATIONSHIP_ADD', { id: BOB, type: 3, user: bob }],
    ['RELATIONSHIP_UPDATE', { id: BOB, type: 1 }],
    ['PRESENCE_UPDATE', { user: { id: BOB }, status: 'idle' }],
    ['TYPING_START', { channel_id: CHANNEL_ID, user_id: BOB }],
    ['USER_UPDATE', { ...me, global_name: 'Ada' }],
  )
  expect(state.relationships[BOB]).toBe(1)
  expect(state.presences[BOB]).toBe('idle')
  expect(state.typing[CHANNEL_ID]?.[BOB]).toBe(NOW + 10_000)
  expect(state.me?.global_name).toBe('Ada')
  const after = apply(state, 'MESSAGE_CREATE', message(10, bob, 'a'), NOW)
  expect(after.typing[CHANNEL_ID]).toBeUndefined()
})

test('an unknown event changes nothing', () => {
  const state = stateAfter()
  expect(apply(state, 'SOMETHING_NEW', {}, NOW)).toBe(state)
  expect(apply(state, 'constructor', {}, NOW)).toBe(state)
})
