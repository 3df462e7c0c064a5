import type { CharacterDefinition } from '@convive/protocol/characters'
import { ApiError } from '@convive/protocol/errors'
import type { MessageExtras } from '@convive/protocol/events'
import { LIMITS } from '@convive/protocol/limits'
import type { Actor, App } from '../context.ts'
import { type Access, getAccess } from '../guilds/access.ts'
import type { JobContext } from '../jobs/jobs.ts'
import { sendMessage } from '../messages/send.ts'
import { ModelError } from '../models/errors.ts'
import { costMicrousd, recordModelCall } from '../models/metering.ts'
import type { ResolvedModel } from '../models/registry.ts'
import { type Reply, streamReply } from '../models/stream.ts'
import { addAlternative } from './alternatives.ts'
import { getDefinition } from './characters.ts'
import { createCleaner } from './clean.ts'
import { readConversation } from './conversation.ts'
import { DraftShow } from './draft.ts'
import { noticeText } from './notices.ts'
import { composePrompt, stopSequences } from './prompt.ts'
import { type ActiveTurns, beginTurn, endTurn, type Turn, type TurnEnd } from './turns.ts'

/** What a model's call came to, whoever asked. */
export interface Written {
  text: string
  outcome: 'written' | 'stopped' | 'failed'
  failure?: { failure: NonNullable<MessageExtras['notice']>['failure']; retryAfterMs?: number }
  extras: MessageExtras
}

/** The job of a turn: composes, streams, sends. Whatever happens, the room learns how it ended. */
export async function takeTurn(
  app: App,
  active: ActiveTurns,
  payload: unknown,
  job: JobContext,
): Promise<void> {
  const turn = await beginTurn(app.db, (payload as { turnId: string }).turnId)
  if (!turn) return
  const actor: Actor = { userId: turn.character_id, kind: 'character', sessionId: null }
  const access = await getAccess(app, actor, turn.channel_id).catch(passApiError)
  if (!access) return endTurn(app.db, turn.id, 'silent')
  using opened = active.open(turn.id)
  using draft = new DraftShow(app, access, turn)
  const signal = AbortSignal.any([opened.signal, job.signal])
  try {
    const written = await writeAnswer(app, access, turn, draft, signal)
    // The server stops: the turn is taken up again when it is back.
    if (job.signal.aborted && written.outcome !== 'written') throw job.signal.reason
    await finish(app, actor, turn, draft, written)
  } catch (error) {
    if (error instanceof ApiError) return conclude(app, turn, draft, 'silent')
    if (job.signal.aborted || job.attempt < job.maxAttempts) {
      draft.end('failed')
      throw error
    }
    app.log.error({ err: error, turnId: turn.id }, 'a turn failed by our own mistake')
    const extras = { notice: { failure: 'Failed' as const, model: '' } }
    await finish(app, actor, turn, draft, {
      text: '',
      outcome: 'failed',
      failure: { failure: 'Failed' },
      extras,
    })
  }
}

async function writeAnswer(
  app: App,
  access: Access,
  turn: Turn,
  draft: DraftShow,
  signal: AbortSignal,
): Promise<Written> {
  // Side by side: each waits for the database, and a person waits for both.
  const [definition, conversation] = await Promise.all([
    getDefinition(app, turn.character_id),
    readConversation(app, access, turn),
  ])
  const parts = { ...conversation, definition }
  const model = await resolveFor(app, definition)
  if ('failure' in model) return failed(definition.model ?? '', model)
  const prompt = await composePrompt(model, parts)
  const names = [definition.name, definition.nickname].filter((name) => name !== '')
  const others = [...parts.presentNames, parts.userName].filter((name) => !names.includes(name))
  const cleaner = createCleaner(names, others, LIMITS.characterContentChars)
  const full = new AbortController()
  const reply = await streamReply({
    model: model.model,
    messages: prompt.messages,
    maxOutputTokens: prompt.maxOutputTokens,
    firstTokenTimeoutMs: app.config.timing.firstTokenTimeoutMs,
    idleTimeoutMs: app.config.timing.idleTokenTimeoutMs,
    stopSequences: stopSequences(parts),
    ...(definition.temperature !== null && { temperature: definition.temperature }),
    onDelta(text) {
      const visible = cleaner.push(text)
      if (visible !== '') draft.add(visible)
      if (cleaner.done) full.abort(new Error('the answer is complete'))
    },
    signal: AbortSignal.any([signal, full.signal]),
  })
  const rest = cleaner.end()
  if (rest !== '') draft.add(rest)
  draft.flush()
  void meter(app, turn, model, reply)
  const extras: MessageExtras = { model: model.label, ...(model.bundled && { bundled: true }) }
  if (reply.ok || cleaner.done) return { text: cleaner.text, outcome: 'written', extras }
  if (reply.failure === 'Stopped')
    return { text: cleaner.text, outcome: 'stopped', extras: { ...extras, stopped: true } }
  // What people have read stays; what is missing is said.
  if (cleaner.text !== '')
    return { text: cleaner.text, outcome: 'written', extras: { ...extras, stopped: true } }
  return failed(model.label, reply)
}

function failed(
  model: string,
  why: { failure: NonNullable<MessageExtras['notice']>['failure']; retryAfterMs?: number },
): Written {
  const retry = why.retryAfterMs === undefined ? {} : { retryAfterMs: why.retryAfterMs }
  const notice = {
    failure: why.failure,
    model,
    ...(why.retryAfterMs !== undefined && { retry_after_ms: why.retryAfterMs }),
  }
  return { text: '', outcome: 'failed', failure: { failure: why.failure, ...retry }, extras: { notice } }
}

async function resolveFor(
  app: App,
  definition: CharacterDefinition,
): Promise<ResolvedModel | { failure: 'UnknownModel' | 'Failed' }> {
  try {
    return await app.models.resolve(definition.model)
  } catch (error) {
    if (error instanceof ModelError)
      return { failure: error.failure === 'UnknownModel' ? 'UnknownModel' : 'Failed' }
    throw error
  }
}

async function finish(app: App, actor: Actor, turn: Turn, draft: DraftShow, written: Written): Promise<void> {
  const regeneration = turn.message_id !== null
  if (written.outcome === 'failed' && regeneration) {
    await addAlternative(app, turn, written)
    return conclude(app, turn, draft, 'failed', written.failure?.failure)
  }
  if (written.outcome !== 'failed' && written.text === '') {
    return conclude(app, turn, draft, written.outcome === 'stopped' ? 'stopped' : 'silent')
  }
  if (regeneration) await addAlternative(app, turn, written)
  else await sendAnswer(app, actor, turn, written)
  const end: TurnEnd = written.outcome === 'written' ? 'sent' : written.outcome
  await conclude(app, turn, draft, end)
}

async function sendAnswer(app: App, actor: Actor, turn: Turn, written: Written): Promise<void> {
  const content = written.outcome === 'failed' ? await noticeText(app, turn, written.extras) : written.text
  await sendMessage(app, actor, {
    channelId: turn.channel_id,
    content,
    nonce: turn.id,
    enforceNonce: true,
    replyTo: (await isOvertaken(app, turn))
      ? { messageId: turn.trigger_id, failIfNotExists: false }
      : undefined,
    // What a model wrote calls nobody but whom it answers.
    allowedMentions: { parse: [], replied_user: written.outcome !== 'failed' },
    convive: written.extras,
  })
}

/** Whether others spoke since: then the answer says what it answers. */
async function isOvertaken(app: App, turn: Turn): Promise<boolean> {
  const later = await app.db
    .selectFrom('messages')
    .select('id')
    .where('channel_id', '=', turn.channel_id)
    .where('id', '>', turn.trigger_id)
    .limit(1)
    .executeTakeFirst()
  return later !== undefined
}

async function conclude(
  app: App,
  turn: Turn,
  draft: DraftShow,
  outcome: TurnEnd,
  failure?: NonNullable<MessageExtras['notice']>['failure'],
): Promise<void> {
  app.metrics.characterReplies.inc({ outcome })
  draft.end(outcome, failure)
  await endTurn(app.db, turn.id, outcome)
}

async function meter(app: App, turn: Turn, model: ResolvedModel, reply: Reply): Promise<void> {
  const usage = reply.ok ? reply.usage : { inputTokens: null, cachedInputTokens: null, outputTokens: null }
  try {
    await recordModelCall(app.db, {
      modelId: model.id,
      characterId: turn.character_id,
      userId: null,
      channelId: turn.channel_id,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      firstTokenMs: reply.firstTokenMs,
      totalMs: reply.totalMs,
      outcome: reply.ok ? 'ok' : reply.failure,
      costMicrousd: costMicrousd(model.prices, usage),
    })
  } catch (err) {
    app.log.error({ err, turnId: turn.id }, 'a model call could not be metered')
  }
}

function passApiError(error: unknown): null {
  if (error instanceof ApiError) return null
  throw error
}
