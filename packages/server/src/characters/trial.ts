import { randomUUID } from 'node:crypto'
import type { TrialEvent, TrialRequest } from '@convive/protocol/characters'
import { LIMITS } from '@convive/protocol/limits'
import type { z } from 'zod'
import type { Actor, App } from '../context.ts'
import { ModelError } from '../models/errors.ts'
import { costMicrousd, recordModelCall } from '../models/metering.ts'
import type { ResolvedModel } from '../models/registry.ts'
import { streamReply } from '../models/stream.ts'
import { createCleaner } from './clean.ts'
import { composePrompt, type PromptParts, stopSequences } from './prompt.ts'

/** Answers as a definition would that is not saved yet, for its form. Nothing is stored but the call's count. */
export async function tryDefinition(
  app: App,
  actor: Actor,
  request: z.infer<typeof TrialRequest>,
  emit: (event: TrialEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const { definition } = request
  const model = await resolve(app, definition.model)
  if (!model) return emit({ type: 'failed', failure: 'UnknownModel', model: definition.model ?? '' })
  const user = await app.users.get(actor.userId)
  const userName = user.globalName ?? user.username
  const parts: PromptParts = {
    definition,
    userName,
    presentNames: [userName],
    lines: request.messages.map(({ role, content }) => ({
      own: role === 'assistant',
      name: role === 'assistant' ? definition.name : userName,
      text: content,
    })),
    seed: randomUUID(),
  }
  const prompt = await composePrompt(model, parts)
  const names = [definition.name, definition.nickname].filter((name) => name !== '')
  const cleaner = createCleaner(names, [userName], LIMITS.characterContentChars)
  const full = new AbortController()
  const show = (text: string) => text !== '' && emit({ type: 'delta', text })
  const reply = await streamReply({
    model: model.model,
    messages: prompt.messages,
    maxOutputTokens: prompt.maxOutputTokens,
    firstTokenTimeoutMs: app.config.timing.firstTokenTimeoutMs,
    idleTimeoutMs: app.config.timing.idleTokenTimeoutMs,
    stopSequences: stopSequences(parts),
    ...(definition.temperature !== null && { temperature: definition.temperature }),
    onDelta(text) {
      show(cleaner.push(text))
      if (cleaner.done) full.abort(new Error('the answer is complete'))
    },
    signal: AbortSignal.any([signal, full.signal]),
  })
  show(cleaner.end())
  const usage = reply.ok ? reply.usage : { inputTokens: null, outputTokens: null }
  await recordModelCall(app.db, {
    modelId: model.id,
    characterId: null,
    userId: actor.userId,
    channelId: null,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    firstTokenMs: reply.firstTokenMs,
    totalMs: reply.totalMs,
    outcome: reply.ok ? 'ok' : reply.failure,
    costMicrousd: costMicrousd(model.prices, usage),
  })
  if (reply.ok || cleaner.done) emit({ type: 'done', model: model.label })
  else emit({ type: 'failed', failure: reply.failure, model: model.label })
}

async function resolve(app: App, modelId: string | null): Promise<ResolvedModel | null> {
  try {
    return await app.models.resolve(modelId)
  } catch (error) {
    if (error instanceof ModelError) return null
    throw error
  }
}
