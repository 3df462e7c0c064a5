import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiClient } from '../test/client.ts'

const MAIN = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))
const START_TIMEOUT_MS = 60_000

export interface BenchServer extends AsyncDisposable {
  url: string
  pid: number
}

/** The real server in a process of its own, embedded database and all, on a fresh data folder. */
export async function startServer(env: Record<string, string> = {}): Promise<BenchServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'convive-bench-'))
  await chmod(dataDir, 0o711)
  const child = spawn(process.execPath, [MAIN, 'start'], {
    env: {
      ...process.env,
      CONVIVE_DATA: dataDir,
      CONVIVE_PORT: '0',
      CONVIVE_LOG: 'warn',
      CONVIVE_RATE_LIMITS: 'false',
      OLLAMA_URL: 'http://127.0.0.1:9',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await firstAddress(child)
  return {
    url,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function firstAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not start in time')), START_TIMEOUT_MS)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      const address = /running at (\S+)/.exec(String(chunk))?.[1]
      if (!address) return
      clearTimeout(timer)
      resolve(address)
    })
  })
}

export interface Account {
  id: string
  token: string
  api: ApiClient
}

/** Signs somebody up. */
export async function signUp(url: string, name: string): Promise<Account> {
  const answer = await new ApiClient(url, null).post('/api/convive/v1/accounts/sign-up', {
    username: name,
    email: `${name}@example.org`,
    password: `a good password of ${name}`,
  })
  if (answer.status !== 200)
    throw new Error(`sign-up answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return { id: answer.body.user_id, token: answer.body.token, api: new ApiClient(url, answer.body.token) }
}

/** A guild of several accounts: its first text channel, and its members, the owner first. */
export async function makeRoom(
  url: string,
  members: number,
): Promise<{ guildId: string; channelId: string; accounts: Account[] }> {
  const accounts: Account[] = []
  for (let n = 0; n < members; n++) accounts.push(await signUp(url, `member${n}`))
  const [owner, ...others] = accounts
  if (!owner) throw new Error('a room needs somebody')
  const guild = (await owner.api.post('/guilds', { name: 'Bench' })).body
  const channels = (await owner.api.get(`/guilds/${guild.id}/channels`)).body as {
    id: string
    type: number
  }[]
  const channelId = channels.find((channel) => channel.type === 0)?.id
  if (!channelId) throw new Error('the guild has no text channel')
  const invite = (await owner.api.post(`/channels/${channelId}/invites`, { max_uses: 0 })).body
  for (const member of others) await member.api.post(`/invites/${invite.code}`)
  return { guildId: guild.id, channelId, accounts }
}
