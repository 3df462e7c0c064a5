import { randomBytes } from 'node:crypto'
import { GatewayIntentBits as Intent } from 'discord-api-types/v10'
import type { Actor } from '../context.ts'
import { gatewayUrl } from '../gateway-url.ts'
import { DEFAULT_LARGE_THRESHOLD } from '../guilds/snapshot.ts'
import { enterGuilds } from './attach.ts'
import type { Connection } from './connection.ts'
import { EVERY_INTENT, KNOWN_INTENTS } from './intents.ts'
import { streamGuilds } from './join.ts'
import { createPayload } from './payload.ts'
import { CLOSE, type Identify, isShard, OP, type Resume } from './protocol.ts'
import { type Account, readAccount, readyToWire } from './ready.ts'
import type { GatewayServer } from './server.ts'
import { Session } from './session.ts'

/** A person's page is told of so many members of each guild at once. */
const PERSON_THRESHOLD = 100

/** Op 2: begins a session and sends READY. */
export async function identify(
  server: GatewayServer,
  connection: Connection,
  input: Identify,
): Promise<void> {
  if (server.builds.full) {
    connection.sendControl(OP.invalidSession, false)
    return
  }
  if (input.shard && !isShard(input.shard)) return connection.close(CLOSE.invalidShard)
  const actor = await server.app.authenticator.find(input.token)
  if (!connection.open) return
  if (!actor || actor.kind === 'character') return connection.close(CLOSE.authenticationFailed)
  const intents = intentsOf(actor, input.intents)
  if (intents === null) return connection.close(CLOSE.invalidIntents)
  const session = new Session(
    {
      id: randomBytes(16).toString('hex'),
      actor,
      intents,
      shard: input.shard ?? null,
      convive: input.convive === true,
      readsContent: actor.kind !== 'application' || (intents & Intent.MessageContent) !== 0,
      largeThreshold:
        actor.kind === 'application' ? (input.large_threshold ?? DEFAULT_LARGE_THRESHOLD) : PERSON_THRESHOLD,
    },
    server,
  )
  if (input.presence) session.presence = input.presence
  session.client = clientOf(input.properties)
  connection.compressPayloads = input.compress === true && !connection.streamed
  session.resume(connection, 0)
  await server.builds.run(() => begin(server, connection, session))
}

/** Op 6: goes on with a session over another socket. */
export async function resume(server: GatewayServer, connection: Connection, input: Resume): Promise<void> {
  const actor = await server.app.authenticator.find(input.token)
  if (!connection.open) return
  if (!actor) return connection.close(CLOSE.authenticationFailed)
  const session = server.sessions.get(input.session_id)
  const seq = input.seq ?? 0
  if (!session || session.userId !== actor.userId || session.early) {
    connection.sendControl(OP.invalidSession, false)
    return
  }
  if (seq > session.seq) return connection.close(CLOSE.invalidSeq)
  if (!session.canResumeAfter(seq)) {
    server.end(session)
    connection.sendControl(OP.invalidSession, false)
    return
  }
  const old = session.connection
  if (old) {
    old.session = null
    old.close(CLOSE.sessionTimedOut)
  }
  session.resume(connection, seq)
  session.deliver(createPayload('RESUMED', { _trace: [] }))
}

async function begin(server: GatewayServer, connection: Connection, session: Session): Promise<void> {
  if (!connection.open) return
  await server.people.add(session)
  try {
    const guildIds = await listGuilds(server, session)
    const resumeUrl = gatewayUrl(server.app.config, connection.host)
    const whole = session.actor.kind !== 'application'
    const send = (account: Account, guilds: Parameters<typeof readyToWire>[2]) => {
      if (!connection.open || connection.session !== session) return
      server.add(session)
      session.deliver(createPayload('READY', readyToWire(session, account, guilds, resumeUrl)))
      drainEarly(server, session)
    }
    if (whole) {
      await enterGuilds(
        server.app,
        server.hubs,
        session,
        guildIds,
        (app) => readAccount(app, session),
        (guilds, account) => send(account, guilds),
      )
    } else {
      send(
        await readAccount(server.app, session),
        guildIds.map((id) => ({ id, unavailable: true as const })),
      )
      if (server.sessions.has(session.id)) streamGuilds(server, session, guildIds)
    }
  } finally {
    // The client went away before READY: nobody can resume what it never heard of.
    if (!server.sessions.has(session.id)) server.end(session)
    else server.presences.changed(session)
  }
}

/** What came for the user while READY was being built. Joining is told of again where READY has the guild: that does nothing. */
function drainEarly(server: GatewayServer, session: Session): void {
  const early = session.early ?? []
  session.early = null
  for (const event of early) server.tell(session, event)
}

async function listGuilds(server: GatewayServer, session: Session): Promise<string[]> {
  const rows = await server.app.db
    .selectFrom('members')
    .select('guild_id')
    .where('user_id', '=', session.userId)
    .orderBy('guild_id')
    .execute()
  return rows.map((row) => row.guild_id).filter((id) => session.handles(id))
}

/** The intents of the session; null if they are none. People's own clients name none and get everything. */
function intentsOf(actor: Actor, given: number | null | undefined): number | null {
  if (given == null) return actor.kind === 'application' ? null : EVERY_INTENT
  return given < 0 || given > 0x7fffffff || (given & ~KNOWN_INTENTS) !== 0 ? null : given
}

function clientOf(properties: Identify['properties']): Session['client'] {
  const text = ['os', '$os', 'browser', '$browser']
    .map((key) => String(properties?.[key] ?? '').slice(0, 64))
    .join(' ')
  if (/android|ios|mobile/i.test(text)) return 'mobile'
  return /discord client|desktop/i.test(text) ? 'desktop' : 'web'
}
