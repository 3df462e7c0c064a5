import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { MockLanguageModelV4 } from 'ai/test'
import { expect, test } from 'vitest'
import { ModelError } from './errors.ts'
import { type Reply, type ReplyRequest, streamReply } from './stream.ts'

const usage = {
  inputTokens: { total: 5, noCache: 5, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 2, text: 2, reasoning: 0 },
}
const text = (delta: string): LanguageModelV4StreamPart => ({ type: 'text-delta', id: '0', delta })
const finish: LanguageModelV4StreamPart = {
  type: 'finish',
  usage,
  finishReason: { unified: 'stop', raw: 'stop' },
}

function streamOf(parts: LanguageModelV4StreamPart[], then: 'close' | 'hang' | Error = 'close') {
  return new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      if (then === 'close') controller.close()
      else if (then !== 'hang') controller.error(then)
    },
  })
}

function ask(model: MockLanguageModelV4, changes: Partial<ReplyRequest> = {}): Promise<Reply> {
  return streamReply({
    model,
    messages: [{ role: 'user', content: 'Hi' }],
    maxOutputTokens: 50,
    firstTokenTimeoutMs: 2_000,
    idleTimeoutMs: 2_000,
    onDelta: () => {},
    signal: new AbortController().signal,
    ...changes,
  })
}

test('hands on each delta in the tick in which it came', async () => {
  let controller: ReadableStreamDefaultController<LanguageModelV4StreamPart> | undefined
  const stream = new ReadableStream<LanguageModelV4StreamPart>({
    start: (given) => {
      controller = given
    },
  })
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream }) })
  const seen: string[] = []
  const reply = ask(model, { onDelta: (delta) => seen.push(delta) })
  await new Promise(setImmediate)
  controller?.enqueue(text('a'))
  await new Promise(setImmediate)
  expect(seen).toEqual(['a'])
  controller?.enqueue(finish)
  controller?.close()
  expect(await reply).toMatchObject({ ok: true, text: 'a', usage: { inputTokens: 5, outputTokens: 2 } })
})

test('a stop ends at once, even with a model that ignores its signal', async () => {
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream: streamOf([text('a')], 'hang') }) })
  const stop = new AbortController()
  const reply = ask(model, { signal: stop.signal, onDelta: () => stop.abort() })
  expect(await reply).toMatchObject({ ok: false, failure: 'Stopped', partial: 'a' })
})

test('a stop ends at once, even with a model that never answers', async () => {
  const model = new MockLanguageModelV4({ doStream: () => new Promise(() => {}) })
  const signal = AbortSignal.timeout(50)
  expect(await ask(model, { signal })).toMatchObject({ ok: false, failure: 'Stopped', partial: '' })
})

test('a call that was stopped before it began asks nobody', async () => {
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream: streamOf([finish]) }) })
  expect(await ask(model, { signal: AbortSignal.abort() })).toMatchObject({ failure: 'Stopped' })
  expect(model.doStreamCalls).toHaveLength(0)
})

test('tries are bounded', async () => {
  const model = new MockLanguageModelV4({
    doStream: async () => {
      throw new ModelError('RateLimited', 'busy', 5)
    },
  })
  expect(await ask(model)).toMatchObject({ ok: false, failure: 'RateLimited', retryAfterMs: 5 })
  expect(model.doStreamCalls).toHaveLength(3)
})

test('an error after the first token is final', async () => {
  const model = new MockLanguageModelV4({
    doStream: async () => ({
      stream: streamOf([text('a'), { type: 'error', error: new ModelError('Unreachable', 'x') }]),
    }),
  })
  expect(await ask(model)).toMatchObject({ ok: false, failure: 'Unreachable', partial: 'a' })
  expect(model.doStreamCalls).toHaveLength(1)
})

test('reasoning is a sign of life, and not text', async () => {
  const thinking: LanguageModelV4StreamPart = { type: 'reasoning-delta', id: 'r', delta: 'hm' }
  let waits = 0
  const stream = new ReadableStream<LanguageModelV4StreamPart>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 40))
      if (waits++ < 5) controller.enqueue(thinking)
      else {
        controller.enqueue(text('a'))
        controller.enqueue(finish)
        controller.close()
      }
    },
  })
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream }) })
  const reply = await ask(model, { firstTokenTimeoutMs: 120, idleTimeoutMs: 120 })
  expect(reply).toMatchObject({ ok: true, text: 'a' })
})

test('a model that ends without a word failed', async () => {
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream: streamOf([finish]) }) })
  expect(await ask(model)).toMatchObject({ ok: false, failure: 'Failed' })
})

test('a mistake in the listener is thrown, not blamed on the model', async () => {
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream: streamOf([text('a'), finish]) }) })
  const broken = () => {
    throw new TypeError('ours')
  }
  await expect(ask(model, { onDelta: broken })).rejects.toThrow('ours')
})
