import type { BusEvent } from '../bus/bus.ts'
import { enterGuilds } from './attach.ts'
import { createPayload, Dispatch } from './payload.ts'
import type { GatewayServer } from './server.ts'
import type { Session } from './session.ts'

/** Guilds that a bot is told of at a time after READY. */
const GUILDS_AT_ONCE = 50

const underWay = new WeakMap<Session, Promise<void>>()

/** The session's user joined a guild: it gets GUILD_CREATE and whatever happens there from then on. */
export function joinLater(server: GatewayServer, session: Session, event: BusEvent): void {
  const { guild_id: guildId } = event.data as { guild_id: string }
  if (!session.handles(guildId)) return
  inTurn(server, session, async () => {
    // If it left just before, that may not have been heard of yet.
    await session.guilds.get(guildId)?.reach(BigInt(event.version ?? 0))
    if (session.guilds.has(guildId)) return
    await tellGuilds(server, session, [guildId])
    await server.presences.showIn(guildId, session.userId)
  })
}

/** Sends a bot its guilds after READY, as fast as it takes them. */
export function streamGuilds(server: GatewayServer, session: Session, guildIds: readonly string[]): void {
  inTurn(server, session, async () => {
    for (let at = 0; at < guildIds.length && !session.ended; at += GUILDS_AT_ONCE) {
      await session.caughtUp()
      const some = guildIds.slice(at, at + GUILDS_AT_ONCE)
      await tellGuilds(server, session, some)
      const gone = some.filter((id) => !session.guilds.has(id))
      // Named in READY, and left since.
      for (const id of gone) session.deliver(createPayload('GUILD_DELETE', { id }))
    }
  })
}

async function tellGuilds(
  server: GatewayServer,
  session: Session,
  guildIds: readonly string[],
): Promise<void> {
  if (session.ended) return
  await server.builds.run(() =>
    enterGuilds(
      server.app,
      server.hubs,
      session,
      guildIds,
      async () => null,
      (guilds) => {
        for (const guild of guilds) {
          const payload = new Dispatch('GUILD_CREATE', guild, true).for(session)
          if (payload) session.deliver(payload)
        }
      },
    ),
  )
}

/** One after the other for each session. What fails leaves the session without a guild it should have: it starts anew. */
function inTurn(server: GatewayServer, session: Session, work: () => Promise<void>): void {
  const before = underWay.get(session) ?? Promise.resolve()
  const next = before
    .then(() => (session.ended ? undefined : work()))
    .catch((err) => {
      server.app.log.error({ err }, 'a session could not be brought into a guild')
      server.invalidate(session)
    })
  underWay.set(session, next)
}
