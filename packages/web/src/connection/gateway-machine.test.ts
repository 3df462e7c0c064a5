import { expect, test } from 'vitest'
import {
  connectionStatus,
  type GatewayEffect,
  type GatewayInput,
  type GatewayState,
  gatewayStep,
  initialGateway,
  OP,
} from './gateway-machine.ts'

function makeMachine() {
  let state: GatewayState = initialGateway('token', 'ws://home')
  const feed = (input: GatewayInput): GatewayEffect[] => {
    const [next, effects] = gatewayStep(state, input, () => 0.5)
    state = next
    return effects
  }
  const dispatch = (t: string, s: number, d: unknown = {}) =>
    feed({ type: 'frame', frame: { op: OP.dispatch, t, s, d } })
  const hello = () => feed({ type: 'frame', frame: { op: OP.hello, d: { heartbeat_interval: 40_000 } } })
  const becomeReady = () => {
    feed({ type: 'start' })
    feed({ type: 'opened' })
    hello()
    dispatch('READY', 1, { session_id: 's1', resume_gateway_url: 'ws://resume' })
  }
  return { feed, dispatch, hello, becomeReady, state: () => state, status: () => connectionStatus(state) }
}

const sent = (effects: GatewayEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.frame] : []))

test('connects, identifies for our events without intents, and is ready', () => {
  const machine = makeMachine()
  expect(machine.feed({ type: 'start' })).toContainEqual({ type: 'connect', url: 'ws://home' })
  expect(machine.status()).toBe('connecting')
  machine.feed({ type: 'opened' })
  const effects = machine.hello()
  expect(effects).toContainEqual({ type: 'heartbeatIn', ms: 20_000 })
  expect(sent(effects)[0]).toMatchObject({ op: OP.identify, d: { token: 'token', convive: true } })
  expect(sent(effects)[0]?.d).not.toHaveProperty('intents')
  machine.dispatch('READY', 1, { session_id: 's1', resume_gateway_url: 'ws://resume' })
  expect(machine.status()).toBe('ready')
})

test('a lost socket resumes where it was, at the resume url, with the last sequence', () => {
  const machine = makeMachine()
  machine.becomeReady()
  machine.dispatch('MESSAGE_CREATE', 7)
  const closed = machine.feed({ type: 'closed', code: 1006 })
  expect(closed).toContainEqual({ type: 'retryIn', ms: 375 })
  expect(machine.status()).toBe('reconnecting')
  expect(machine.feed({ type: 'retryDue' })).toContainEqual({ type: 'connect', url: 'ws://resume' })
  machine.feed({ type: 'opened' })
  expect(sent(machine.hello())[0]).toEqual({ op: OP.resume, d: { token: 'token', session_id: 's1', seq: 7 } })
  machine.dispatch('RESUMED', 8)
  expect(machine.status()).toBe('ready')
})

test('a session that the server gave up is identified anew', () => {
  const machine = makeMachine()
  machine.becomeReady()
  const effects = machine.feed({ type: 'frame', frame: { op: OP.invalidSession, d: false } })
  expect(effects).toEqual([{ type: 'close', code: 4900 }])
  machine.feed({ type: 'closed', code: 4900 })
  expect(machine.feed({ type: 'retryDue' })).toContainEqual({ type: 'connect', url: 'ws://home' })
  expect(sent(machine.hello())[0]?.op).toBe(OP.identify)
})

test('a heartbeat without an answer means that the socket is dead', () => {
  const machine = makeMachine()
  machine.becomeReady()
  expect(sent(machine.feed({ type: 'heartbeatDue' }))[0]).toEqual({ op: OP.heartbeat, d: 1 })
  expect(machine.feed({ type: 'heartbeatDue' })).toEqual([{ type: 'close', code: 4900 }])
})

test('an answered heartbeat goes on, and one asked for is sent at once', () => {
  const machine = makeMachine()
  machine.becomeReady()
  machine.feed({ type: 'heartbeatDue' })
  machine.feed({ type: 'frame', frame: { op: OP.heartbeatAck, d: null } })
  expect(machine.feed({ type: 'heartbeatDue' })).toContainEqual({ type: 'heartbeatIn', ms: 40_000 })
  expect(sent(machine.feed({ type: 'frame', frame: { op: OP.heartbeat, d: null } }))[0]?.op).toBe(
    OP.heartbeat,
  )
})

test('a refused token ends it for good', () => {
  const machine = makeMachine()
  machine.becomeReady()
  expect(machine.feed({ type: 'closed', code: 4004 })).toContainEqual({ type: 'refused' })
  expect(machine.status()).toBe('ended')
  expect(machine.feed({ type: 'retryDue' })).toEqual([])
})

test('waits longer each time, and not at all when the network is back', () => {
  const machine = makeMachine()
  machine.feed({ type: 'start' })
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => {
    const effects = machine.feed({ type: 'closed', code: 1006 })
    machine.feed({ type: 'retryDue' })
    return effects.find((effect) => effect.type === 'retryIn')?.ms ?? 0
  })
  expect(waits).toEqual([...waits].sort((a, b) => a - b))
  expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
  machine.feed({ type: 'closed', code: 1006 })
  machine.feed({ type: 'offline' })
  expect(machine.status()).toBe('offline')
  expect(machine.feed({ type: 'online' })).toContainEqual({ type: 'connect', url: 'ws://home' })
})
