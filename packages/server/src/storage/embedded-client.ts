import pg from 'pg'

export const SUPERUSER = 'convive'
export const DATABASE = 'convive'
const HOST = '127.0.0.1'
const CONNECT_TIMEOUT_MS = 10_000

/** The URL under which everybody else connects. */
export function databaseUrl(port: number, password: string): string {
  return `postgres://${SUPERUSER}:${password}@${HOST}:${port}/${DATABASE}`
}

/** One connection of our own, closed at the end of the scope. */
export async function connectClient(
  port: number,
  password: string,
  database: string,
): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({
    host: HOST,
    port,
    user: SUPERUSER,
    password,
    database,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  // A connection that breaks while idle emits this; the query in flight, if any, rejects on its own.
  client.on('error', () => undefined)
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}
