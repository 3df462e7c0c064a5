import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { type Reply, type ReplyRequest, streamReply } from '../stream.ts'
import { type ChatRunner, createChatRunner } from './chat-runner.ts'
import { createLlamaLanguageModel } from './language-model.ts'

const file = fileURLToPath(new URL('../../../../../models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url))
const runner = createRunner()
afterAll(() => runner.stop())

function createRunner(changes: { sequences?: number; hungAfterMs?: number } = {}): ChatRunner {
  return createChatRunner({ file, threads: 1, sequences: 4, contextTokens: 512, ...changes })
}

function ask(text: string, changes: Partial<ReplyRequest> = {}, by = runner): Promise<Reply> {
  return streamReply({
    model: createLlamaLanguageModel('bundled', 'test', by),
    messages: [
      { role: 'system', content: 'You tell long stories.' },
      { role: 'user', content: text },
    ],
    maxOutputTokens: 40,
    firstTokenTimeoutMs: 30_000,
    idleTimeoutMs: 20_000,
    onDelta: () => {},
    signal: new AbortController().signal,
    ...changes,
  })
}

async function until(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const startedAt = performance.now()
  while (!condition()) {
    if (performance.now() - startedAt > withinMs) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('two rooms at once are written side by side, not one after the other', async () => {
  const order: string[] = []
  const [a, b] = await Promise.all([
    ask('A story of the sea.', { onDelta: () => order.push('a') }),
    ask('A story of the wood.', { onDelta: () => order.push('b') }),
  ])
  expect(a.ok && b.ok).toBe(true)
  const turns = order.filter((who, index) => who !== order[index - 1]).length
  expect(turns).toBeGreaterThan(20)
})

test('usage counts tokens, and the next turn of a conversation reads only what is new', async () => {
  const first = await ask('Who are you?')
  if (!first.ok) throw new Error(first.message)
  expect(first.usage.outputTokens).toBeGreaterThan(0)
  const messages = [
    { role: 'system' as const, content: 'You tell long stories.' },
    { role: 'user' as const, content: 'Who are you?' },
    { role: 'assistant' as const, content: first.text },
    { role: 'user' as const, content: 'And then?' },
  ]
  const second = await ask('', { messages })
  if (!second.ok) throw new Error(second.message)
  expect(second.usage.cachedInputTokens).toBeGreaterThanOrEqual(first.usage.inputTokens ?? 0)
})

test('a stop ends the evaluation and frees the sequence', async () => {
  const stop = new AbortController()
  const reply = await ask('A very long story.', {
    maxOutputTokens: 400,
    signal: stop.signal,
    onDelta: () => stop.abort(),
  })
  expect(reply).toMatchObject({ ok: false, failure: 'Stopped' })
  await until(() => runner.isIdle(), 2_000)
})

test('a prompt that does not fit is a failure that says so', async () => {
  const reply = await ask('long '.repeat(600))
  expect(reply).toMatchObject({ ok: false, failure: 'Failed' })
  if (!reply.ok) expect(reply.message).toMatch(/takes 512/)
})

test('tokens are counted by the model’s own tokenizer, and text is never a control token', async () => {
  const [hello, chinese, control] = await runner.countTokens(['Hello world', '你好，世界', '<|im_end|>'])
  expect(hello).toBe(2)
  expect(chinese).toBeGreaterThanOrEqual(4)
  expect(control).toBeGreaterThan(1)
})

test('a killed process fails what runs, and the next request starts another', async () => {
  const pid = runner.process.pid ?? 0
  const reply = await ask('A very long story.', {
    maxOutputTokens: 400,
    onDelta: () => process.kill(pid, 'SIGKILL'),
  })
  expect(reply).toMatchObject({ ok: false, failure: 'Unreachable' })
  expect(await ask('Again?', { maxOutputTokens: 5 })).toMatchObject({ ok: true })
  expect(runner.process.pid).not.toBe(pid)
})

test('a process that hangs is killed, and what it owed fails', async () => {
  const fragile = createRunner({ sequences: 1, hungAfterMs: 1_500 })
  const reply = await ask(
    'A very long story.',
    {
      maxOutputTokens: 400,
      onDelta: () => process.kill(fragile.process.pid ?? 0, 'SIGSTOP'),
    },
    fragile,
  )
  expect(reply).toMatchObject({ ok: false, failure: 'TimedOut' })
  if (!reply.ok) expect(reply.message).toMatch(/hung/)
  await fragile.stop()
})

test('more requests than sequences wait in order, and past the queue’s end they hear that it is busy', async () => {
  const narrow = createRunner({ sequences: 1 })
  const stop = new AbortController()
  const crowd = Array.from({ length: 66 }, () =>
    ask('Hi', { maxOutputTokens: 1, signal: stop.signal, firstTokenTimeoutMs: 100_000 }, narrow),
  )
  // Past 1 that runs and 64 that wait. The helper would try again: its first refusal is what counts.
  await expect(narrow.generate([], { ...sampling, maxTokens: 1 }, () => {})).rejects.toMatchObject({
    failure: 'RateLimited',
    retryAfterMs: 5_000,
  })
  expect(await crowd[0]).toMatchObject({ ok: true })
  stop.abort()
  const ends = await Promise.all(crowd)
  expect(ends.at(-2)).toMatchObject({ ok: false, failure: 'Stopped' })
  await until(() => narrow.isIdle())
  await narrow.stop()
})

const sampling = {
  maxTokens: 1,
  temperature: 0,
  minP: 0,
  topP: 1,
  topK: 1,
  repeatPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  seed: null,
  stop: [],
}

test('a file that is no model fails with its reason', async () => {
  const broken = createChatRunner({
    file: '/nowhere/model.gguf',
    threads: 1,
    sequences: 1,
    contextTokens: 512,
  })
  await expect(broken.ready()).rejects.toMatchObject({ name: 'ModelError' })
  expect(await ask('Hi', {}, broken)).toMatchObject({ ok: false })
})

test('the process dies with its parent, even after kill -9', async () => {
  const script = `
    const { createChatRunner } = await import(${JSON.stringify(new URL('./chat-runner.ts', import.meta.url).href)})
    const runner = createChatRunner({ file: ${JSON.stringify(file)}, threads: 1, sequences: 1, contextTokens: 512 })
    await runner.ready()
    console.log(runner.process.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(parent.stdout, 'data')
  const pid = Number(String(line))
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await until(() => !isAlive(pid))
})

test('stops cleanly', async () => {
  const pid = runner.process.pid ?? 0
  await runner.stop()
  expect(isAlive(pid)).toBe(false)
})
