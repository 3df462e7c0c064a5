import { fileURLToPath } from 'node:url'
import { embedMany } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEmbedder } from './embedding-model.ts'

const file = fileURLToPath(new URL('../../../../../models/multilingual-e5-small.Q4_0.gguf', import.meta.url))
const embedder = createEmbedder({ id: 'e5', file, dimensions: 384, threads: 1 })
// Loading takes long where all tests run at once.
beforeAll(async () => void (await embedder.process.ready()), 120_000)
afterAll(() => embedder.stop())

function dot(a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): number {
  return Array.from(a ?? []).reduce((sum, value, index) => sum + value * (b?.[index] ?? 0), 0)
}

test('a question in Chinese is nearest to the English passage that answers it', async () => {
  const passages = await embedder.embed(
    ['The library opens at nine in the morning.', 'Whales are mammals that live in the sea.'],
    'passage',
  )
  const [question] = await embedder.embed(['图书馆几点开门？'], 'query')
  expect(question).toHaveLength(384)
  expect(dot(question, question)).toBeCloseTo(1, 5)
  expect(dot(question, passages[0])).toBeGreaterThan(dot(question, passages[1]) + 0.05)
})

test('speaks the AI SDK’s interface', async () => {
  const values = ['one', 'two']
  const { embeddings, usage } = await embedMany({ model: embedder.model, values })
  const [direct] = await embedder.embed(['one'], 'passage')
  expect(embeddings).toHaveLength(2)
  expect(dot(embeddings[0], direct)).toBeCloseTo(1, 4)
  expect(usage.tokens).toBeGreaterThan(0)
})

test('a long text is cut, not refused', async () => {
  const [vector] = await embedder.embed(['word '.repeat(2_000)], 'passage')
  expect(dot(vector, vector)).toBeCloseTo(1, 5)
})

test('a question overtakes passages that are being indexed, and indexing can be stopped', async () => {
  const stop = new AbortController()
  let isIndexed = false
  const texts = Array.from(
    { length: 64 },
    (_, index) => `Passage ${index}. ${'Some more words. '.repeat(20)}`,
  )
  const indexing = embedder.embed(texts, 'passage', stop.signal).then(
    () => {
      isIndexed = true
    },
    (error: unknown) => error,
  )
  await embedder.embed(['a question'], 'query')
  expect(isIndexed).toBe(false)
  stop.abort()
  expect(await indexing).toBe(stop.signal.reason)
  await expect(embedder.embed(new Array(5_000).fill('x'), 'passage')).rejects.toMatchObject({
    failure: 'RateLimited',
  })
})
