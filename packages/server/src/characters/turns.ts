import type { Selectable } from 'kysely'
import type { Bus } from '../bus/bus.ts'
import type { Queryable } from '../storage/database.ts'
import type { CharacterTurns } from '../storage/schema.ts'

export type Turn = Selectable<CharacterTurns>
export type TurnEnd = 'sent' | 'stopped' | 'failed' | 'silent'

/** Node to node: somebody stopped a draft. */
const DRAFT_STOPPED = 'draft.stopped'

/** Takes a turn up, or up again after a restart; null if it is over. */
export async function beginTurn(db: Queryable, turnId: string): Promise<Turn | null> {
  const turn = await db
    .updateTable('character_turns')
    .set({ state: 'writing' })
    .where('id', '=', turnId)
    .where('state', 'in', ['waiting', 'writing'])
    .returningAll()
    .executeTakeFirst()
  return turn ?? null
}

export async function endTurn(db: Queryable, turnId: string, state: TurnEnd): Promise<void> {
  await db
    .updateTable('character_turns')
    .set({ state, ended_at: new Date() })
    .where('id', '=', turnId)
    .execute()
}

/** The turns being written by this process, so that they can be stopped. */
export class ActiveTurns {
  readonly #stops = new Map<string, AbortController>()

  /** Hears of stops from every node. */
  watch(bus: Bus): Promise<Disposable> {
    return bus.subscribe('all', (event) => {
      if (event.type !== DRAFT_STOPPED) return
      this.#stops.get((event.data as { draft_id: string }).draft_id)?.abort(new Error('stopped by a person'))
    })
  }

  /** A signal that aborts when somebody stops the turn; dispose when it is over. */
  open(turnId: string): { signal: AbortSignal } & Disposable {
    const controller = new AbortController()
    this.#stops.set(turnId, controller)
    return { signal: controller.signal, [Symbol.dispose]: () => void this.#stops.delete(turnId) }
  }
}

/** Stops a turn wherever it is written; false if there is none to stop. */
export async function stopTurn(
  db: Queryable,
  bus: Bus,
  channelId: string,
  turnId: string,
  eventId: string,
): Promise<boolean> {
  const turn = await db
    .selectFrom('character_turns')
    .select('state')
    .where('id', '=', turnId)
    .where('channel_id', '=', channelId)
    .executeTakeFirst()
  if (!turn || !['waiting', 'writing'].includes(turn.state)) return false
  await db
    .updateTable('character_turns')
    .set({ state: 'stopped', ended_at: new Date() })
    .where('id', '=', turnId)
    .where('state', '=', 'waiting')
    .execute()
  bus.publish({ id: eventId, type: DRAFT_STOPPED, audience: { everyone: true }, data: { draft_id: turnId } })
  return true
}
