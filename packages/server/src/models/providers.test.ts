import { describe, expect, test } from 'vitest'
import { type Answer, startProviderServer } from './fixtures/provider-server.ts'
import { anthropic, google, openAi, stream } from './fixtures/replies.ts'
import { createHostedModel, type Provider } from './providers.ts'
import { streamReply } from './stream.ts'

const KEY = 'sk-secret-0123456789abcdef'
const kinds = [
  { kind: 'openai-compatible', prefix: '/v1', replies: openAi },
  { kind: 'anthropic', prefix: '/v1', replies: anthropic },
  { kind: 'google', prefix: '/v1beta', replies: google },
] as const

async function ask(kind: Provider['kind'], url: string, timeouts = { first: 5_000, idle: 5_000 }) {
  const provider: Provider = {
    id: 'p',
    kind,
    name: 'p',
    baseUrl: url,
    apiKey: KEY,
    options: {},
    managed: false,
  }
  const deltas: string[] = []
  const reply = await streamReply({
    model: createHostedModel(provider, 'm'),
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ],
    maxOutputTokens: 50,
    firstTokenTimeoutMs: timeouts.first,
    idleTimeoutMs: timeouts.idle,
    onDelta: (text) => deltas.push(text),
    signal: new AbortController().signal,
  })
  return { reply, deltas }
}

describe.each(kinds)('$kind', ({ kind, prefix, replies }) => {
  async function askServer(answers: Answer[], timeouts?: { first: number; idle: number }) {
    await using server = await startProviderServer({ [replies.path]: answers })
    return { ...(await ask(kind, `${server.url}${prefix}`, timeouts)), requests: server.requests }
  }

  test('streams text and reports the tokens', async () => {
    const { reply, deltas } = await askServer([stream([...replies.begin, ...replies.end])])
    expect(reply).toMatchObject({ ok: true, text: 'Hello there', finishReason: 'stop' })
    expect(reply).toMatchObject({ usage: { inputTokens: 9, outputTokens: 3 } })
    expect(deltas).toEqual(['Hello', ' there'])
  })

  test('a wrong key is BadKey, at once, and not in the message', async () => {
    const { reply, requests } = await askServer([replies.badKey])
    expect(reply).toMatchObject({ ok: false, failure: 'BadKey', partial: '' })
    expect(requests).toHaveLength(1)
    expect(JSON.stringify(reply)).not.toContain('sk-')
  })

  test('an unknown model is UnknownModel', async () => {
    const { reply } = await askServer([replies.unknownModel])
    expect(reply).toMatchObject({ ok: false, failure: 'UnknownModel' })
  })

  test('a long pause asked for is reported, not waited for', async () => {
    const { reply, requests } = await askServer([replies.limited])
    expect(reply).toMatchObject({ ok: false, failure: 'RateLimited', retryAfterMs: 30_000 })
    expect(requests).toHaveLength(1)
  })

  test('a short outage before the first token is tried again', async () => {
    const outage: Answer = { status: 503, chunks: ['{"error":{"message":"overloaded"}}'] }
    const { reply, requests } = await askServer([outage, stream([...replies.begin, ...replies.end])])
    expect(reply).toMatchObject({ ok: true, text: 'Hello there' })
    expect(requests).toHaveLength(2)
  })

  test('a stream cut after the first token keeps what came, and is not tried again', async () => {
    const { reply, requests } = await askServer([stream(replies.begin, 'cut')])
    expect(reply).toMatchObject({ ok: false, failure: 'Unreachable', partial: 'Hello' })
    expect(requests).toHaveLength(1)
  })

  test('a stream that ends without its end was cut', async () => {
    const { reply } = await askServer([stream(replies.begin, 'end')])
    expect(reply).toMatchObject({ ok: false, failure: 'Unreachable', partial: 'Hello' })
  })

  test('silence is TimedOut, before the first token and after', async () => {
    const early = await askServer([stream([], 'hang')], { first: 150, idle: 5_000 })
    expect(early.reply).toMatchObject({ ok: false, failure: 'TimedOut', partial: '' })
    const late = await askServer([stream(replies.begin, 'hang')], { first: 5_000, idle: 150 })
    expect(late.reply).toMatchObject({ ok: false, failure: 'TimedOut', partial: 'Hello' })
  })

  test('a refusal is Refused', async () => {
    const { reply } = await askServer([stream(replies.filtered)])
    expect(reply).toMatchObject({ ok: false, failure: 'Refused' })
  })

  test('nobody listening is Unreachable', async () => {
    const { url } = await (async () => {
      await using server = await startProviderServer({})
      return server
    })()
    const { reply } = await ask(kind, `${url}${prefix}`)
    expect(reply).toMatchObject({ ok: false, failure: 'Unreachable' })
  })
})

test('an error inside the stream of Anthropic is named', async () => {
  const answers = [stream([...anthropic.begin, ...anthropic.overloaded])]
  await using server = await startProviderServer({ [anthropic.path]: answers })
  const { reply } = await ask('anthropic', `${server.url}/v1`)
  expect(reply).toMatchObject({ ok: false, failure: 'Unreachable', partial: 'Hello', message: 'Overloaded' })
})

test('what an open model thinks aloud is not text', async () => {
  const chunk = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
  const thinking = ['<think>', 'hm', '</think>'].map(chunk)
  await using server = await startProviderServer({
    [openAi.path]: [stream([...thinking, ...openAi.begin, ...openAi.end])],
  })
  const { reply } = await ask('openai-compatible', server.url)
  expect(reply).toMatchObject({ ok: true, text: 'Hello there' })
})
