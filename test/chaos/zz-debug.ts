import { ServerProcess, makeDataDir, postmasterOf, freePort } from '/work/main/test/chaos/server-process.ts'
import { ApiClient } from '/work/main/test/client.ts'
import { execSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
const dataDir = await makeDataDir()
const env = { CONVIVE_DATA: dataDir, CONVIVE_PORT: String(await freePort()), CONVIVE_BUNDLED_MODEL: 'false', CONVIVE_RATE_LIMITS: 'false', CONVIVE_LOG: 'info' }
const server = await ServerProcess.start(env)
const s = await new ApiClient(server.origin, null).post('/api/convive/v1/accounts/sign-up', { username: 'ada', email: 'a@example.org', password: 'a good password' })
const api = new ApiClient(server.origin, s.body.token)
const guild = (await api.post('/guilds', { name: 'x y' })).body
const channel = (await api.get(`/guilds/${guild.id}/channels`)).body.find((c: any) => c.type === 0).id
let stop = false
const loops = Array.from({ length: 8 }, async () => { while (!stop) { await api.post(`/channels/${channel}/messages`, { content: 'x' }).catch(() => null); } })
await new Promise((r) => setTimeout(r, 1000))
const t0 = performance.now()
process.kill((await postmasterOf(dataDir))!, 'SIGKILL')
for (let i = 0; i < 25; i++) {
  await new Promise((r) => setTimeout(r, 1000))
  const t = performance.now()
  const a = await Promise.race([api.post(`/channels/${channel}/messages`, { content: 'probe' }), new Promise<any>((r) => setTimeout(() => r({ status: 'hangs' }), 900))])
  console.log(Math.round(performance.now() - t0), a.status, JSON.stringify(a.body)?.slice(0, 100), Math.round(performance.now() - t))
  if (a.status === 200) break
}
console.log(server.output.slice(-6000))
console.log(execSync('ps aux | grep postgres | head -20').toString())
console.log(readFileSync(dataDir + '/postgres/postgres.log', 'utf8').slice(-1500))
stop = true
await server[Symbol.asyncDispose]()
process.exit()
