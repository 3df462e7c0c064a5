/** Child process: the real server, embedded database and all, with people made straight in the database. */

import { chmodSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createApp } from '../packages/server/src/app.ts'
import { readConfig } from '../packages/server/src/config.ts'
import { eventId } from '../packages/server/src/storage/database.ts'
import {
  collect,
  type Measured,
  type Numbered,
  type ServerCommand,
  sampleMessage,
  stamp,
} from './gateway-wire.ts'
import { makeRoom } from './server.ts'

const FLOOD_TICK = 10

const dataDir = await mkdtemp(join(tmpdir(), 'convive-bench-'))
chmodSync(dataDir, 0o711)
const env = {
  CONVIVE_DATA: dataDir,
  CONVIVE_PORT: '0',
  CONVIVE_LOG: 'warn',
  CONVIVE_BUNDLED_MODEL: 'false',
  OLLAMA_URL: 'http://127.0.0.1:9',
}
const app = await createApp(readConfig(env))
const room = await makeRoom(app.origin, 1)
const ownerId = room.accounts[0]?.id ?? ''

process.on('message', async ({ id, ...command }: Numbered) => {
  const answer = await obey(command)
  if (process.connected) process.send?.({ ...answer, id })
})
process.send?.({ url: app.origin })

async function obey(command: ServerCommand): Promise<object> {
  if (command.do === 'prepare') return { tokens: await makePeople(command.users) }
  if (command.do === 'stop') {
    await app.close()
    await rm(dataDir, { recursive: true, force: true })
    process.disconnect()
  }
  if (command.do === 'broadcast') broadcast()
  if (command.do === 'flood') {
    for (let n = 0; n < command.messages; n++) {
      broadcast()
      if (n % FLOOD_TICK === FLOOD_TICK - 1) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  if (command.do === 'collect') collect()
  return command.do === 'measure' ? measure() : {}
}

/** What `messages/send` does after its commit. */
function broadcast(): void {
  const { guildId, channelId } = room
  const data = sampleMessage(stamp(), guildId, channelId, ownerId)
  app.bus.publish({ id: eventId(), type: 'MESSAGE_CREATE', audience: { guildId, channelId }, data })
}

let made = 0

/** Accounts, sign-ins and memberships in bulk: signing up hashes a password each. */
async function makePeople(count: number): Promise<string[]> {
  const first = made + 1
  made += count
  const { rows } = await sql<{ token: string }>`
    WITH made AS (
      INSERT INTO users (kind, username, global_name)
      SELECT 'person', 'guest' || n, 'Guest ' || n
      FROM generate_series(${first}::int, ${made}::int) n RETURNING id, username
    ), known AS (
      INSERT INTO auth_users (id, name, email, username) SELECT id, username, username || '@example.org', username FROM made RETURNING id
    ), keys AS (
      SELECT made.id, md5(random()::text) AS token FROM made
    ), signed AS (
      INSERT INTO auth_sessions (user_id, token, expires_at)
      SELECT id, encode(sha256(token::bytea), 'hex'), now() + interval '1 day' FROM keys WHERE EXISTS (SELECT FROM known)
    ), joined AS (
      INSERT INTO members (guild_id, user_id) SELECT ${room.guildId}, id FROM made
    ), counted AS (
      UPDATE guilds SET member_count = member_count + ${count}::int WHERE id = ${room.guildId}
    )
    SELECT token FROM keys`.execute(app.db)
  return rows.map((row) => row.token)
}

function measure(): Measured {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { cpuMs: (user + system) / 1000, rssBytes: rss, heapBytes: heapUsed }
}
