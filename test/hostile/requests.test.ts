import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conviveRoutes } from '../../packages/server/src/api/convive/routes.ts'
import { discordRoutes } from '../../packages/server/src/api/discord/routes.ts'
import type { AnyRoute } from '../../packages/server/src/api/route.ts'
import { scriptedModel } from '../models.ts'
import { createWorld, must, type World } from '../world.ts'
import { NASTY_QUERIES, NASTY_SEGMENTS, NASTY_TEXTS, nearly } from './garbage.ts'
import { type RawAnswer, type RawRequest, sendRaw } from './raw.ts'
import { type Asker, Targets } from './targets.ts'

const SEED = 20_261_123
/** Generated requests per route. */
const RUNS = 30
const AT_ONCE = 6
const MINUTES_MS = 60_000
const LIMIT_HEADERS = ['limit', 'remaining', 'reset', 'reset-after', 'bucket'].map(
  (name) => `x-ratelimit-${name}`,
)

interface Registered {
  prefix: string
  route: AnyRoute
}
const registered: Registered[] = [
  ...discordRoutes.map((route) => ({ prefix: '/api/v10', route })),
  ...conviveRoutes.map((route) => ({ prefix: '/api/convive/v1', route })),
]
const takesBody = ({ route }: Registered) => route.method !== 'GET'

let world: World
let targets: Targets

beforeAll(async () => {
  // Whatever is sent, what must hold is the answer's form; limits would only make it slow.
  world = await createWorld({
    env: { CONVIVE_RATE_LIMITS: 'false', CONVIVE_LOG: 'error' },
    models: scriptedModel((prompt) => (prompt.includes('odd') ? 'nul \u0000, half \ud83d' : 'so be it'))
      .models,
  })
  targets = new Targets(world)
})
afterAll(() => world[Symbol.asyncDispose]())

/** What is wrong with an answer to whatever request; null if nothing. `limited`: whether a route answered. */
function complaint(answer: RawAnswer, limited = true): string | null {
  const type = answer.headers['content-type']
  if (answer.status >= 500) return 'it is our fault'
  const missing = LIMIT_HEADERS.filter((name) => answer.headers[name] === undefined)
  if (limited && missing.length > 0) return `without ${missing.join(', ')}`
  if (answer.status < 400) return type?.startsWith('application/json;') ? `type ${type}` : null
  if (type !== 'application/json') return `type ${type}`
  const body = JSON.parse(answer.text)
  if (!Number.isInteger(body.code) || typeof body.message !== 'string' || body.message === '')
    return 'not in Discord’s form'
  return null
}

/** Sends the requests, some at once, and gathers what is wrong with the answers. */
async function assault(requests: Iterable<RawRequest>, limited = true): Promise<string[]> {
  const complaints: string[] = []
  const waiting = [...requests]
  const send = async () => {
    for (let raw = waiting.shift(); raw; raw = waiting.shift()) {
      const answer = await sendRaw(world.url, raw)
      const wrong = complaint(answer, limited)
      const asked = `${raw.method} ${raw.path.slice(0, 200)} ${shown(raw)}`
      if (wrong) complaints.push(`${asked} → ${answer.status} ${wrong} ${answer.text.slice(0, 200)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, send))
  return complaints
}

function shown({ body, headers }: RawRequest): string {
  return `${headers?.['content-type'] ?? ''} ${String(body ?? '').slice(0, 300)}`
}

function pathOf({ prefix, route }: Registered, pick: (name: string) => string): string {
  return prefix + route.path.replace(/:(\w+)/g, (_, name: string) => pick(name))
}

const realPath = (one: Registered) => pathOf(one, (name) => targets.params[name]?.[0] ?? '1')
const askerOf = ({ route }: Registered): Asker => (route.auth === 'bot' ? targets.bot : targets.owner)
const headersOf = (one: Registered, type?: string): Record<string, string> => ({
  authorization: askerOf(one).authorization,
  ...(type !== undefined && { 'content-type': type }),
})

test(
  'every route bears generated requests',
  async () => {
    const complaints: string[] = []
    for (const one of registered) {
      await targets.renew()
      complaints.push(...(await assault(generated(one))))
    }
    expect(complaints).toEqual([])
  },
  10 * MINUTES_MS,
)

function generated(one: Registered): RawRequest[] {
  const { route } = one
  const segment = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...NASTY_SEGMENTS) },
    { weight: 1, arbitrary: fc.constantFrom(...targets.ids) },
  )
  const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
  const params = names.map((name) => {
    const real = targets.params[name] ?? ['1']
    return fc.oneof(
      { weight: 12, arbitrary: fc.constant(real[0] ?? '1') },
      { weight: 3, arbitrary: fc.constantFrom(...real) },
      { weight: 1, arbitrary: segment },
    )
  })
  const askers = [targets.owner, targets.member, targets.bot].map((asker) => asker.authorization)
  const asker = fc.oneof(
    { weight: 8, arbitrary: fc.constant(askerOf(one).authorization) },
    { weight: 2, arbitrary: fc.constantFrom(...askers) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'Bot x', 'Bearer ', `Bot ${'a'.repeat(5_000)}`, 'x'.repeat(32)),
    },
  )
  const request = fc.record({
    params: fc.tuple(...params),
    query: route.query ? nearly(route.query, targets.ids) : fc.constant(null),
    body: route.body ? nearly(route.body, targets.ids) : fc.constant(undefined),
    asker,
  })
  return fc.sample(request, { seed: SEED, numRuns: RUNS }).map(({ params, query, body, asker }) => ({
    method: route.method,
    path: pathOf(one, () => params.shift() ?? '1') + toQuery(query),
    headers: {
      ...(asker && { authorization: asker }),
      ...(takesBody(one) && body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(takesBody(one) && body !== undefined && { body: JSON.stringify(body) }),
  }))
}

function toQuery(query: unknown): string {
  if (typeof query !== 'object' || query === null) return ''
  const pairs = Object.entries(query).map(
    ([key, value]) => `${encode(key)}=${encode(typeof value === 'string' ? value : JSON.stringify(value))}`,
  )
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

const encode = (text: string) => encodeURIComponent(text.toWellFormed())

test(
  'every route bears bodies that are no JSON, or JSON of the worst kind',
  async () => {
    const complaints: string[] = []
    // The other texts come with the generated requests.
    const texts = NASTY_TEXTS.filter((text) => text.includes('\0') || !text.isWellFormed()).map((text) =>
      JSON.stringify(text),
    )
    const deepArray = '['.repeat(100_000) + ']'.repeat(100_000)
    const deepObject = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
    for (const one of registered.filter(takesBody)) {
      await targets.renew()
      const fields = fieldsOf(one)
      const bodies = [
        ...['{', '{"a":', '[', '{"content":"x",}', '\ufeff{}', '{"a":1}{"b":2}', 'NaN', "{'a':1}", '\u0000'],
        ...['null', '1', '"x"', '[]', 'true', '1e999', '-', '[null]', deepArray, deepObject],
        Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
        Buffer.from([0xed, 0xa0, 0x80]),
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
        ...fields.map((field) => `{${JSON.stringify(field)}:${deepArray}}`),
        ...fields.map((field) => `{${JSON.stringify(field)}:[${deepObject}]}`),
        ...fields.flatMap((field) => texts.map((text) => `{${JSON.stringify(field)}:${text}}`)),
        ...fields.map((field) => `{${JSON.stringify(field)}:1e400}`),
      ]
      const requests = bodies.map((body) => ({
        method: one.route.method,
        path: realPath(one),
        headers: headersOf(one, 'application/json'),
        body,
      }))
      complaints.push(...(await assault(requests)))
    }
    expect(complaints).toEqual([])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  },
  10 * MINUTES_MS,
)

function fieldsOf({ route }: Registered): string[] {
  const shape = (route.body as { shape?: object } | undefined)?.shape
  return shape ? Object.keys(shape) : []
}

test(
  'every route bears strange paths, queries and headers',
  async () => {
    const complaints: string[] = []
    for (const one of registered) {
      await targets.renew()
      const names = [...one.route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
      const paths = names.flatMap((name) =>
        NASTY_SEGMENTS.map((segment) =>
          pathOf(one, (other) => (other === name ? segment : (targets.params[other]?.[0] ?? '1'))),
        ),
      )
      const { method } = one.route
      const path = realPath(one)
      const requests: RawRequest[] = [
        ...NASTY_QUERIES.map((query) => ({ method, path: path + query, headers: headersOf(one) })),
        ...[
          '',
          '%',
          '%00',
          '%ff%fe',
          '%F0%9F',
          'a'.repeat(4_000),
          encodeURIComponent('理由\u0000👍'.repeat(90)),
        ].map((reason) => ({
          method,
          path,
          headers: { ...headersOf(one), 'x-audit-log-reason': reason },
        })),
        ...[
          '',
          'Bot',
          'Bearer null',
          'Basic Zm9vOmJhcg==',
          `Bot ${'x'.repeat(3_000)}`,
          'Bot MTIz.x.y',
          '\u00ff\u00fe',
        ].map((authorization) => ({
          method,
          path,
          headers: { authorization },
        })),
      ]
      complaints.push(...(await assault(requests)))
      // A segment that is no segment meets another route, or none.
      complaints.push(
        ...(await assault(
          paths.map((path) => ({ method, path, headers: headersOf(one) })),
          false,
        )),
      )
    }
    expect(complaints).toEqual([])
  },
  10 * MINUTES_MS,
)

test(
  'every route bears other content types, and multipart of every kind',
  async () => {
    const complaints: string[] = []
    for (const one of registered.filter(takesBody)) {
      await targets.renew()
      const types = [
        '',
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-16',
        'application/json;;;=',
        'garbage',
        'image/png',
        'multipart/form-data',
        'multipart/mixed; boundary=x',
      ]
      const requests: RawRequest[] = [
        ...types.map((type) => ({ type, body: '{"a":1}' })),
        ...types.map((type) => ({ type, body: '' })),
        ...multiparts().filter((_, index) => one.route.maxUploadBytes || index % 5 === 0),
      ].map(({ type, body }) => ({
        method: one.route.method,
        path: realPath(one),
        headers: headersOf(one, type),
        body,
      }))
      complaints.push(...(await assault(requests)))
    }
    expect(complaints).toEqual([])
  },
  10 * MINUTES_MS,
)

function multiparts(): { type: string; body: string }[] {
  const part = (name: string, value: string, more = '') =>
    `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
  const file = (name: string, filename: string, value: string) =>
    part(name, value, `; filename="${filename}"\r\nContent-Type: image/png`)
  const payload = (json: string) =>
    `--x\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n${json}\r\n`
  const end = '--x--\r\n'
  const bodies = [
    end,
    '--x\r\n',
    '--x',
    'no boundary at all',
    part('content', 'cut short'),
    part('content', 'hello') + end,
    part('content', 'nul \u0000') + end,
    part('__proto__', 'x') + end,
    part('constructor', 'x') + end,
    part('payload_json', '{') + end,
    part('payload_json', '{"content":"\\u0000"}') + end,
    part('payload_json', '[]') + end,
    part('payload_json', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`) + end,
    payload('{') + end,
    payload('{"__proto__":{"polluted":true}}') + end,
    payload('{"content":"\\ud800 \\u0000"}') + end,
    part('payload_json', '{"content":"a"}') + part('payload_json', '{"content":"b"}') + end,
    part('payload_json', `"${'x'.repeat(1_100_000)}"`) + end,
    part('field', 'x').repeat(60) + end,
    file('files[0]', 'a.png', '').repeat(30) + end,
    file('files[0]', '../../etc/passwd', 'x') + part('payload_json', '{"content":"hi"}') + end,
    file('files[99999999999999999999]', `${'n'.repeat(300)}.png`, 'x') + end,
    file('files[0]', 'nul\u0000.png', 'x') + end,
    file('files[0]', '', '') + end,
    file('__proto__', 'a.png', 'x') + end,
    file('', 'a.png', 'x') + end,
    '--x\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--x--\r\n',
    '--x\r\n: :\r\n\r\nx\r\n--x--\r\n',
    `--x\r\n${'A: b\r\n'.repeat(3_000)}\r\nx\r\n--x--\r\n`,
  ]
  return bodies.map((body) => ({ type: 'multipart/form-data; boundary=x', body }))
}

test(
  'bodies that are too large are refused, whole or in chunks',
  async () => {
    await targets.renew()
    const large = Buffer.alloc(13 * 1024 * 1024, 'a')
    for (const path of ['/guilds', '/applications']) {
      const headers = { authorization: targets.owner.authorization, 'content-type': 'application/json' }
      for (const more of [{}, { 'transfer-encoding': 'chunked' }]) {
        const answer = await sendRaw(world.url, {
          method: 'POST',
          path: `/api/v10${path}`,
          headers: { ...headers, ...more },
          body: large,
        })
        expect(answer).toMatchObject({ status: 413, headers: { 'content-type': 'application/json' } })
        expect(JSON.parse(answer.text)).toMatchObject({ code: 40005 })
      }
    }
  },
  MINUTES_MS,
)

test('what a text may hold is kept as it was meant, and what it may not is refused by its field', async () => {
  await targets.renew()
  const { owner, params } = targets
  const path = `/channels/${params.channel_id?.[0]}/messages`
  const post = (body: string) => owner.api.post(path, body)
  expect(await post('{"content":"cut \\ud83d off"}')).toMatchObject({
    status: 200,
    body: { content: 'cut \ufffd off' },
  })
  const far = '<@9999999999999999999> <@&9999999999999999999>'
  expect(await post(JSON.stringify({ content: far }))).toMatchObject({
    status: 200,
    body: { content: far, mentions: [] },
  })
  const nul = { code: 'BASE_TYPE_BAD_VALUE', message: 'Must not contain NUL characters.' }
  expect(await post('{"content":"a\\u0000b"}')).toMatchObject({
    status: 400,
    body: { code: 50035, errors: { content: { _errors: [nul] } } },
  })
  expect(await post('{"embeds":[{"fields":[{"name":"\\u0000"}]}]}')).toMatchObject({
    status: 400,
    body: { errors: { embeds: { 0: { fields: { 0: { name: { _errors: [nul] } } } } } } },
  })
  const [messageId] = params.message_id ?? []
  expect(await post(`{"content":"a reply","message_reference":{"message_id":${messageId}}}`)).toMatchObject({
    status: 200,
    body: { referenced_message: { id: messageId } },
  })
  const around = await owner.api.get(`${path}?around=9223372036854775807&limit=2`)
  expect(around).toMatchObject({ status: 200, body: [{ content: 'a reply' }] })
})

test('paths are decoded before they are matched, and odd queries are no obstacle', async () => {
  await targets.renew()
  const headers = { authorization: targets.owner.authorization }
  const get = (path: string) => sendRaw(world.url, { method: 'GET', path, headers })
  for (const path of ['/api/v10/users/%40me', '/api/v10/users/@me?&wait=true', '/api/v10/users/@me?']) {
    const answer = await get(path)
    expect(JSON.parse(answer.text)).toMatchObject({ id: targets.owner.id })
  }
  const guilds = await get('/api/v10/users/%40me/guilds?with_counts=True&limit=1')
  expect(guilds.status).toBe(200)
})

test('what no route takes is answered in the same form', async () => {
  await targets.renew()
  const headers = { authorization: targets.owner.authorization }
  const send = async (method: string, path: string, more = {}) => {
    const {
      status,
      headers: got,
      text,
    } = await sendRaw(world.url, { method, path, headers: { ...headers, ...more } })
    return { status, type: got['content-type'], allow: got.allow, body: text && JSON.parse(text) }
  }
  const json = { type: 'application/json' }
  const channel = `/api/v10/channels/${targets.params.channel_id?.[0]}`
  expect(await send('PUT', channel)).toMatchObject({
    ...json,
    status: 405,
    body: { code: 0, message: '405: Method Not Allowed' },
  })
  expect((await send('PUT', channel)).allow).toContain('PATCH')
  expect(await send('GET', '/api/v10/nothing/here')).toMatchObject({
    ...json,
    status: 404,
    body: { code: 0 },
  })
  expect(await send('GET', '/api/v10/../../../etc/passwd')).toMatchObject({ ...json, status: 404 })
  expect(await send('GET', '/attachments/1/2/..%2f..%2f..%2fetc%2fpasswd?ex=1&is=1&hm=1')).toMatchObject({
    ...json,
    status: 404,
  })
  expect(await send('GET', '/assets/..%2f..%2f..%2f..%2fpackage.json')).toMatchObject({
    ...json,
    status: expect.toBeOneOf([400, 403, 404]),
  })
  expect(await send('GET', '/%zz')).toMatchObject({ ...json, status: 400 })
  expect(await send('GET', `/api/v10/users/${'a'.repeat(15_000)}`)).toMatchObject({
    ...json,
    status: expect.toBeOneOf([400, 404, 414]),
  })
  expect(await send('GET', `/api/v10/users/${'a'.repeat(40_000)}`)).toMatchObject({
    ...json,
    status: 431,
    body: { code: 0 },
  })
  expect(await send('GET', '/api/v10/users/@me', { 'x-long': 'a'.repeat(40_000) })).toMatchObject({
    ...json,
    status: 431,
  })
  const missing = await targets.bot.api.delete(`/guilds/${targets.params.guild_id?.[0]}`)
  expect(missing).toMatchObject({
    status: 403,
    body: { code: expect.any(Number), message: expect.any(String) },
  })
  expect(missing.headers.get('content-type')).toBe('application/json')
})

test('what a model writes is kept too, whatever it holds', async () => {
  await targets.renew()
  const { owner, params } = targets
  const dm = must(
    await owner.api.post('/users/@me/channels', { recipient_id: params.character_id?.[0] }),
    200,
  )
  must(await owner.api.post(`/channels/${dm.id}/messages`, { content: 'say something odd' }), 200)
  await world.settled()
  const said = must(await owner.api.get(`/channels/${dm.id}/messages?limit=1`), 200)
  expect(said).toMatchObject([{ content: 'nul , half \ufffd', author: { id: params.character_id?.[0] } }])
})

test('a card that holds what no column does is imported all the same, or refused', async () => {
  await targets.renew()
  const card = {
    spec: 'chara_card_v2',
    spec_version: '2.0',
    data: { name: 'Odd', description: 'nul \0, half \ud83d', tags: ['\0'] },
  }
  const form = new FormData()
  form.append('file', new Blob([JSON.stringify(card)], { type: 'application/json' }), 'odd.json')
  const answer = await targets.owner.api.post('/api/convive/v1/characters/import', form)
  expect(answer.status).toBeOneOf([201, 400])
})
