import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MockLanguageModelV4 } from 'ai/test'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { makeDatabase } from '../../../../test/databases.ts'
import { createLocalBus } from '../bus/local.ts'
import { createDatabase, type Database } from '../storage/database.ts'
import { createSecrets } from '../storage/secrets.ts'
import { type Answer, startProviderServer } from './fixtures/provider-server.ts'
import { openAi } from './fixtures/replies.ts'
import { recordModelCall } from './metering.ts'
import { createModels, type ModelsConfig, type ModelsDeps } from './registry.ts'

const KEY = 'sk-verysecretkey-9876'
const CHAT_FILE = fileURLToPath(
  new URL('../../../../models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url),
)
const BUNDLED_ID = 'bundled/smollm2-135m-instruct'
let folder: string
let database: Awaited<ReturnType<typeof makeDatabase>>
let db: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convive-models-'))
  database = await makeDatabase(inject('postgresUrl'))
  db = createDatabase({
    url: database.url,
    poolSize: 4,
    bus: createLocalBus(() => {}),
    onError: () => {},
    applicationName: 'convive:test',
  })
})

afterAll(async () => {
  await db.destroy()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  await db.deleteFrom('model_providers').execute()
  await db.deleteFrom('instance_settings').execute()
})

const secrets = createSecrets(randomBytes(32))

function create(config: Partial<ModelsConfig> = {}, deps: Partial<ModelsDeps> = {}) {
  const models = createModels({
    config: {
      models: {
        bundled: true,
        defaultModel: null,
        // Discard: nobody listens there.
        ollamaUrl: 'http://127.0.0.1:9',
        openai: null,
        anthropicApiKey: null,
        googleApiKey: null,
        ...config,
      },
    },
    db,
    secrets,
    ...deps,
  })
  return Object.assign(models, { [Symbol.asyncDispose]: models.close })
}

const COMPLETION: Answer = {
  chunks: [
    JSON.stringify({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
    }),
  ],
}
const LISTING: Answer = {
  chunks: [
    JSON.stringify({
      data: [{ id: 'text-embedding-1' }, { id: 'big-chat' }, { id: 'small-mini', context_length: 5000 }],
    }),
  ],
}

function startOpenAi(answers: Record<string, Answer[]> = {}) {
  return startProviderServer({
    'POST /v1/chat/completions': [COMPLETION],
    'GET /v1/models': [LISTING],
    ...answers,
  })
}

test('with nothing set up, the bundled model is the default', async () => {
  await using models = create()
  const model = await models.resolve(null)
  expect(model).toMatchObject({ id: BUNDLED_ID, bundled: true, englishOnly: true, contextTokens: 2048 })
  expect(await models.getDefaultModel()).toBe(BUNDLED_ID)
  expect(await model.countTokens('Hello world')).toBe(2)
  const messages = [{ role: 'user' as const, content: 'Hello world' }]
  expect(await model.countTokens(messages)).toBeGreaterThan(6)
})

test('a provider is added after a real call, and its key is never seen again', async () => {
  await using server = await startOpenAi()
  await using models = create()
  const added = await models.addProvider({
    kind: 'openai-compatible',
    name: 'Mine',
    baseUrl: server.url,
    apiKey: KEY,
  })
  if (!added.ok) throw new Error(added.message)
  expect(added.provider).toMatchObject({ has_key: true, key_hint: '9876', managed: false })
  const call = server.requests.find((request) => request.method === 'POST')
  expect(call?.headers.authorization).toBe(`Bearer ${KEY}`)
  expect(JSON.parse(call?.body ?? '{}')).toMatchObject({ model: 'small-mini' })

  const listed = JSON.stringify([await models.listProviders(), await models.listModels()])
  expect(listed).toContain('small-mini')
  expect(listed).not.toContain('verysecret')
  const row = await db.selectFrom('model_providers').selectAll().executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain('verysecret')
  expect(row.key_sealed?.includes(KEY)).toBe(false)

  const model = await models.resolve(`${added.provider.id}/small-mini`)
  expect(model).toMatchObject({ bundled: false, contextTokens: 5000, prices: null })
})

test.each([
  ['BadKey', { 'POST /v1/chat/completions': [openAi.badKey] }],
  ['RateLimited', { 'POST /v1/chat/completions': [openAi.limited] }],
  ['UnknownModel', { 'POST /v1/chat/completions': [openAi.unknownModel] }],
  ['Unreachable', { 'GET /v1/models': [{ headers: { 'content-type': 'text/html' }, chunks: ['<html>'] }] }],
])('a provider that answers with %s is not kept', async (failure, answers) => {
  await using server = await startOpenAi(answers)
  await using models = create()
  const added = await models.addProvider({
    kind: 'openai-compatible',
    name: 'x',
    baseUrl: server.url,
    apiKey: KEY,
  })
  expect(added).toMatchObject({ ok: false, failure })
  expect(await models.listProviders()).toHaveLength(1)
})

test('a test that is stopped ends as Stopped', async () => {
  await using server = await startOpenAi({ 'POST /v1/chat/completions': [{ chunks: [], ending: 'hang' }] })
  await using models = create()
  const provider = { kind: 'openai-compatible' as const, name: 'x', baseUrl: server.url, apiKey: null }
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 100)
  expect(await models.addProvider(provider, stop.signal)).toMatchObject({ ok: false, failure: 'Stopped' })
})

test('the default can be set, is seen by another node, and falls back when its provider goes', async () => {
  await using server = await startOpenAi()
  await using other = create()
  await using models = create({}, { changed: () => other.invalidate() })
  const added = await models.addProvider({
    kind: 'openai-compatible',
    name: 'x',
    baseUrl: server.url,
    apiKey: null,
  })
  if (!added.ok) throw new Error(added.message)
  const id = `${added.provider.id}/big-chat`
  await other.getDefaultModel()
  await models.setDefaultModel(id)
  expect((await other.resolve(null)).id).toBe(id)
  expect((await models.listModels()).default_model).toBe(id)
  await expect(models.setDefaultModel('nobody/x')).rejects.toMatchObject({ failure: 'UnknownModel' })
  expect(await models.removeProvider(added.provider.id)).toBe(true)
  expect(await models.removeProvider(added.provider.id)).toBe(false)
  expect((await other.resolve(null)).id).toBe(BUNDLED_ID)
  await expect(models.resolve(id)).rejects.toMatchObject({ failure: 'UnknownModel' })
})

test('the environment’s providers are there, not editable, and its model is the default', async () => {
  await using server = await startOpenAi()
  const openai = { baseUrl: server.url, apiKey: KEY, model: 'deepseek-chat' }
  await using models = create({ openai, anthropicApiKey: KEY, googleApiKey: KEY })
  const providers = await models.listProviders()
  expect(providers.map((provider) => provider.id)).toEqual(['bundled', 'openai', 'anthropic', 'google'])
  expect(providers.every((provider) => provider.managed)).toBe(true)
  expect(await models.resolve(null)).toMatchObject({ id: 'openai/deepseek-chat', contextTokens: 64_000 })
  expect(await models.removeProvider('openai')).toBe(false)
})

test('an Ollama on this machine is found, and takes what it will really take', async () => {
  await using server = await startProviderServer({
    'GET /api/tags': [{ chunks: ['{"models":[{"name":"qwen3:8b"}]}'] }],
    'POST /api/show': [{ chunks: ['{"model_info":{"qwen3.context_length":40960}}'] }],
    'POST /v1/chat/completions': [COMPLETION],
  })
  await using models = create({ ollamaUrl: server.url })
  expect((await models.listModels()).ollama_found).toEqual({ base_url: server.url, models: ['qwen3:8b'] })
  const added = await models.addProvider({
    kind: 'ollama',
    name: 'Ollama',
    baseUrl: server.url,
    apiKey: null,
  })
  if (!added.ok) throw new Error(added.message)
  const list = await models.listModels()
  expect(list.ollama_found).toBeNull()
  expect(list.models.map((model) => model.label)).toContain('qwen3:8b')
  expect((await models.resolve(`${added.provider.id}/qwen3:8b`)).contextTokens).toBe(4096)
})

test('a provider that does not answer is named in the list, and the others are listed', async () => {
  await using server = await startOpenAi({ 'GET /v1/models': [{ status: 500, chunks: ['{}'] }] })
  await using models = create({ openai: { baseUrl: server.url, apiKey: null, model: null } })
  const list = await models.listModels()
  expect(list.unreachable).toMatchObject([{ provider_id: 'openai' }])
  expect(list.models.map((model) => model.id)).toEqual([BUNDLED_ID])
})

test('a model file is added by its path and answers', async () => {
  const path = join(folder, 'mine.gguf')
  await copyFile(CHAT_FILE, path)
  await writeFile(join(folder, 'not.gguf'), 'hello')
  await using models = create({ bundled: false })
  const bad = await models.addProvider({
    kind: 'gguf',
    name: 'x',
    baseUrl: join(folder, 'not.gguf'),
    apiKey: null,
  })
  expect(bad).toMatchObject({ ok: false, failure: 'UnknownModel', message: 'This is not a GGUF file.' })
  await expect(models.resolve(null)).rejects.toMatchObject({ failure: 'UnknownModel' })
  const added = await models.addProvider({ kind: 'gguf', name: 'Mine', baseUrl: path, apiKey: null })
  if (!added.ok) throw new Error(added.message)
  const model = await models.resolve(`${added.provider.id}/mine`)
  expect(model).toMatchObject({ contextTokens: 4096, bundled: false })
  expect(await model.countTokens('Hello world')).toBe(2)
})

test('models given by code come first', async () => {
  const given = new Map([['mock/echo', new MockLanguageModelV4()]])
  await using models = create({}, { given })
  expect((await models.resolve(null)).id).toBe('mock/echo')
})

test('a call is kept with an unknown cost as unknown', async () => {
  await recordModelCall(db, {
    modelId: 'openai/x',
    characterId: '123456789012345678',
    userId: null,
    channelId: null,
    inputTokens: 10,
    outputTokens: null,
    firstTokenMs: 12.4,
    totalMs: 99.6,
    outcome: 'ok',
    costMicrousd: null,
  })
  const row = await db.selectFrom('model_calls').selectAll().executeTakeFirstOrThrow()
  expect(row).toMatchObject({ cost_microusd: null, total_ms: 100, character_id: '123456789012345678' })
})
