import type { Logger } from 'pino'
import type { Bus, BusEvent } from '../bus/bus.ts'
import { clearOutbox, type Database } from './database.ts'

/** Rows taken in one sweep. */
const SWEEP_ROWS = 200
/** A younger row's publisher is probably alive. */
const ORPHAN_AGE_MS = 3_000

/** Publishes what a node committed and died before publishing. Every node sweeps; listeners drop what they heard before. */
export function startOutboxSweep(options: {
  db: Database
  bus: Bus
  intervalMs: number
  log: Logger
}): Disposable {
  const { db, bus, log } = options
  if (!bus.shared) return { [Symbol.dispose]: () => {} }
  let busy = false
  const timer = setInterval(async () => {
    if (busy) return
    busy = true
    try {
      await sweepOutbox(db, bus)
    } catch (error) {
      log.warn({ err: error }, 'outbox sweep failed; trying again')
    } finally {
      busy = false
    }
  }, options.intervalMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** One sweep: how many rows were published. */
export async function sweepOutbox(db: Database, bus: Bus): Promise<number> {
  const rows = await db
    .selectFrom('outbox')
    .select(['id', 'events'])
    .where('created_at', '<', new Date(Date.now() - ORPHAN_AGE_MS))
    .orderBy('id')
    .limit(SWEEP_ROWS)
    .execute()
  for (const row of rows) {
    for (const event of row.events as unknown as BusEvent[]) bus.publish(reviveEvent(event))
    await clearOutbox(db, bus, row.id)
  }
  return rows.length
}

function reviveEvent(event: BusEvent): BusEvent {
  const audience = event.audience as { permission?: unknown }
  if (typeof audience.permission !== 'string') return event
  return {
    ...event,
    audience: { ...event.audience, permission: BigInt(audience.permission.slice(0, -1)) } as never,
  }
}
