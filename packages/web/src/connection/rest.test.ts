import { expect, test } from 'vitest'
import { ApiFailure, createRest, type RestDeps, UNREACHABLE } from './rest.ts'

interface Call {
  url: string
  init: RequestInit
}

function makeRest(answers: (Response | Error)[], token: string | null = 'token') {
  const calls: Call[] = []
  const slept: number[] = []
  let unauthorized = 0
  const deps: RestDeps = {
    fetch: async (url, init) => {
      calls.push({ url: String(url), init: init ?? {} })
      const answer = answers.shift()
      if (!answer) throw new Error('no more answers')
      if (answer instanceof Error) throw answer
      return answer
    },
    token: () => token,
    onUnauthorized: () => {
      unauthorized++
    },
    sleep: async (ms) => {
      slept.push(ms)
    },
  }
  return { rest: createRest(deps), calls, slept, unauthorized: () => unauthorized }
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers })

test('the token goes into Authorization as it is, and a body becomes JSON', async () => {
  const { rest, calls } = makeRest([json({ id: '1' })])
  expect(await rest.call('POST', '/x', { body: { a: 1 }, query: { limit: 5, before: undefined } })).toEqual({
    id: '1',
  })
  expect(calls[0]?.url).toBe('/x?limit=5')
  const headers = calls[0]?.init.headers as Headers
  expect(headers.get('Authorization')).toBe('token')
  expect(headers.get('Content-Type')).toBe('application/json')
  expect(calls[0]?.init.body).toBe('{"a":1}')
})

test('204 is undefined', async () => {
  const { rest } = makeRest([new Response(null, { status: 204 })])
  expect(await rest.call('DELETE', '/x')).toBeUndefined()
})

test('a failure carries code, status and the first message of each field', async () => {
  const errors = { definition: { name: { _errors: [{ code: 'BASE_TYPE_REQUIRED', message: 'Required' }] } } }
  const { rest } = makeRest([json({ code: 50035, message: 'Invalid Form Body', errors }, 400)])
  const failure = await rest.call('POST', '/x').catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ApiFailure)
  expect(failure).toMatchObject({ code: 50035, status: 400, fields: { 'definition.name': 'Required' } })
})

test('a 429 is waited out for as long as it says, and tried again', async () => {
  const { rest, slept } = makeRest([json({ message: 'slow', retry_after: 0.25 }, 429), json({ ok: true })])
  expect(await rest.call('GET', '/x')).toEqual({ ok: true })
  expect(slept).toEqual([250])
})

test('a long 429 is told instead of waited out', async () => {
  const { rest, slept } = makeRest([json({ message: 'slow', retry_after: 600 }, 429)])
  await expect(rest.call('GET', '/x')).rejects.toMatchObject({ status: 429 })
  expect(slept).toEqual([])
})

test('without a server the failure says so', async () => {
  const { rest } = makeRest([new TypeError('fetch failed')])
  await expect(rest.call('GET', '/x')).rejects.toMatchObject({ code: UNREACHABLE })
})

test('a token that is no longer known ends the session; a wrong password does not', async () => {
  const known = makeRest([json({ code: 0, message: '401: Unauthorized' }, 401)])
  await known.rest.call('GET', '/x').catch(() => undefined)
  expect(known.unauthorized()).toBe(1)
  const wrong = makeRest([json({ code: 900_001, message: 'wrong' }, 401)], null)
  await wrong.rest.call('POST', '/x').catch(() => undefined)
  expect(wrong.unauthorized()).toBe(0)
})
