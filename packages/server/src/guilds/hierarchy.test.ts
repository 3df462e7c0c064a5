import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareRoles, highestRole, isAbove, isAboveRole, sortRoles } from './hierarchy.ts'
import { reorder } from './role-order.ts'
import type { GuildState, MemberState, RoleState } from './state.ts'

const GUILD_ID = '100'
const OWNER_ID = '1'
const ROLE_IDS = ['201', '202', '203', '204', '205']
const SEED = 20_260_729

function role(id: string, position: number): RoleState {
  return { id, position, name: id, permissions: 0n } as RoleState
}

function guild(positions: readonly number[]): GuildState {
  const roles = [role(GUILD_ID, 0), ...ROLE_IDS.map((id, n) => role(id, positions[n] ?? 1))]
  const known = { guildId: GUILD_ID, ownerId: OWNER_ID, roles: new Map(roles.map((one) => [one.id, one])) }
  return { ...known, version: 0n, channels: new Map(), row: {} as GuildState['row'] }
}

function member(userId: string, roleIds: readonly string[]): MemberState {
  return { guildId: GUILD_ID, userId, roleIds } as MemberState
}

// Positions repeat: new roles all come in at 1.
const positions = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 })
const held = fc.subarray(ROLE_IDS)
const options = { seed: SEED, numRuns: 300 }

test('of two roles with one position the older is above', () => {
  expect(compareRoles(role('9', 1), role('10', 1))).toBeGreaterThan(0)
  expect(compareRoles(role('9', 1), role('10', 2))).toBeLessThan(0)
  expect(sortRoles(guild([1, 1, 1, 1, 1]).roles.values(), GUILD_ID).map((one) => one.id)).toEqual([
    GUILD_ID,
    ...ROLE_IDS.toReversed(),
  ])
})

test('nobody is above the owner or themselves, and no two are above each other', () => {
  fc.assert(
    fc.property(positions, held, held, (at, mine, theirs) => {
      const table = guild(at)
      const [owner, ada, bob] = [member(OWNER_ID, []), member('2', mine), member('3', theirs)]
      expect(isAbove(table, owner, ada)).toBe(true)
      expect(isAbove(table, ada, owner)).toBe(false)
      expect(isAbove(table, ada, ada)).toBe(false)
      expect(isAbove(table, owner, owner)).toBe(false)
      expect(isAbove(table, ada, bob) && isAbove(table, bob, ada)).toBe(false)
      const [own, other] = [highestRole(table, ada), highestRole(table, bob)]
      // Equal only where both stand under the same role, or none.
      if (own?.id === other?.id) expect(isAbove(table, ada, bob) || isAbove(table, bob, ada)).toBe(false)
      else expect(isAbove(table, ada, bob)).not.toBe(isAbove(table, bob, ada))
    }),
    options,
  )
})

test('a role that one may give is below every role that one may not', () => {
  fc.assert(
    fc.property(positions, held, (at, mine) => {
      const table = guild(at)
      const ada = member('2', mine)
      const sorted = sortRoles(table.roles.values(), GUILD_ID)
      const may = sorted.map((one) => isAboveRole(table, ada, one))
      expect(may).toEqual(may.toSorted((a, b) => Number(b) - Number(a)))
      for (const id of mine) {
        const own = table.roles.get(id)
        if (own && own === highestRole(table, ada)) expect(isAboveRole(table, ada, own)).toBe(false)
      }
    }),
    options,
  )
})

test('a new order keeps every role, @everyone at the bottom, and those that stay in their order', () => {
  const moves = fc.uniqueArray(
    fc.record({ id: fc.constantFrom(GUILD_ID, ...ROLE_IDS), position: fc.integer({ min: -3, max: 300 }) }),
    { selector: (move) => move.id },
  )
  fc.assert(
    fc.property(positions, moves, (at, wanted) => {
      const table = guild(at)
      const before = sortRoles(table.roles.values(), GUILD_ID).map((one) => one.id)
      const after = reorder(table, wanted).map((one) => one.id)
      expect(after[0]).toBe(GUILD_ID)
      expect(after.toSorted()).toEqual(before.toSorted())
      const moved = new Set(wanted.map((move) => move.id))
      expect(after.filter((id) => !moved.has(id))).toEqual(before.filter((id) => !moved.has(id)))
    }),
    options,
  )
})
