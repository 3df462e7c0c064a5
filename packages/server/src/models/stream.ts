import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider'
import { describeFailure, type Failure, type ModelFailure } from './errors.ts'

/** What a model is shown. An image is shown only to models that take one. */
export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string | readonly ChatPart[]
}
export type ChatPart = { type: 'text'; text: string } | { type: 'image'; data: Uint8Array; mediaType: string }

/** Tokens as the provider counted them; null where it did not say. */
export interface ReplyUsage {
  inputTokens: number | null
  cachedInputTokens: number | null
  outputTokens: number | null
}

export interface ReplyRequest {
  model: LanguageModelV4
  messages: readonly ChatMessage[]
  maxOutputTokens: number
  /** From the call to the first sign of life (text or reasoning), all tries together. */
  firstTokenTimeoutMs: number
  /** The longest silence after that. */
  idleTimeoutMs: number
  temperature?: number
  stopSequences?: readonly string[]
  providerOptions?: NonNullable<LanguageModelV4CallOptions['providerOptions']>
  /** Visible text as it comes. It must not wait for anything. */
  onDelta(text: string): void
  signal: AbortSignal
}

export type Reply = ReplyTimes &
  (
    | { ok: true; text: string; usage: ReplyUsage; finishReason: 'stop' | 'length' | 'other' }
    | ({ ok: false; partial: string } & Failure)
  )

/** Milliseconds from the call; `firstTokenMs` is null if no text came. */
export interface ReplyTimes {
  firstTokenMs: number | null
  totalMs: number
}

/** Tries of one reply. After the first visible token there is no other try: people would see it twice. */
const MAX_ATTEMPTS = 3
const FIRST_BACKOFF_MS = 400
/** A provider that asks for a longer pause is reported at once. */
const MAX_WAIT_MS = 8_000
/** A reply is cut here whatever the model was asked for: a runaway stream must not fill memory. */
const MAX_REPLY_CHARS = 400_000

/**
 * Streams one reply and ends with one typed result, whatever happens: it never throws for what a provider does.
 * Calls the model's `doStream` itself: `streamText` costs three stream transforms per token and tries again where we must not.
 */
export async function streamReply(request: ReplyRequest): Promise<Reply> {
  const startedAt = performance.now()
  const prompt = request.messages.map(toPromptMessage)
  for (let attempt = 1; ; attempt++) {
    const state: Attempt = { text: '', firstTokenMs: null, startedAt, finish: null, error: null, cutBy: null }
    await runAttempt(request, prompt, state)
    const reply = concludeAttempt(state)
    if (reply.ok || state.text !== '' || attempt >= MAX_ATTEMPTS || !isWorthAnotherTry(reply)) return reply
    const waitMs = reply.retryAfterMs ?? FIRST_BACKOFF_MS * 2 ** (attempt - 1)
    const leftMs = request.firstTokenTimeoutMs - (performance.now() - startedAt)
    if (waitMs > Math.min(MAX_WAIT_MS, leftMs)) return reply
    if (!(await pause(waitMs, request.signal))) return { ...reply, failure: 'Stopped', message: 'Stopped.' }
  }
}

/** The messages in the AI SDK's prompt form. */
export function toPromptMessage(message: ChatMessage): LanguageModelV4Message {
  const parts =
    typeof message.content === 'string' ? [{ type: 'text' as const, text: message.content }] : message.content
  if (message.role === 'system') return { role: 'system', content: textOf(parts) }
  if (message.role === 'assistant')
    return { role: 'assistant', content: [{ type: 'text', text: textOf(parts) }] }
  return {
    role: 'user',
    content: parts.map((part) =>
      part.type === 'text'
        ? { type: 'text', text: part.text }
        : { type: 'file', mediaType: part.mediaType, data: { type: 'data', data: part.data } },
    ),
  }
}

interface Attempt {
  text: string
  firstTokenMs: number | null
  readonly startedAt: number
  finish: { reason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage } | null
  error: unknown
  cutBy: 'Stopped' | 'TimedOut' | 'TooLong' | null
}

async function runAttempt(
  request: ReplyRequest,
  prompt: LanguageModelV4Message[],
  state: Attempt,
): Promise<void> {
  if (request.signal.aborted) {
    state.cutBy = 'Stopped'
    return
  }
  const abort = new AbortController()
  let reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | null = null
  let giveUp: () => void = () => {}
  const givenUp = new Promise<null>((resolve) => {
    giveUp = () => resolve(null)
  })
  const cut = (why: 'Stopped' | 'TimedOut') => {
    state.cutBy ??= why
    abort.abort()
    // A model that ignores its signal must not hold us: cancelling ends the read that waits.
    reader?.cancel().catch(() => {})
    giveUp()
  }
  const stop = () => cut('Stopped')
  request.signal.addEventListener('abort', stop, { once: true })
  const leftMs = request.firstTokenTimeoutMs - (performance.now() - state.startedAt)
  let timer = setTimeout(cut, Math.max(1, leftMs), 'TimedOut')
  let alive = false
  const onLife = () => {
    if (alive) return void timer.refresh()
    alive = true
    clearTimeout(timer)
    timer = setTimeout(cut, request.idleTimeoutMs, 'TimedOut')
  }
  try {
    const call = Promise.resolve(request.model.doStream(callOptions(request, prompt, abort.signal)))
    call.catch(() => {})
    const started = await Promise.race([call, givenUp])
    if (!started) return
    reader = started.stream.getReader()
    await readParts(reader, request, state, onLife)
  } catch (error) {
    if (error instanceof OnDeltaError) throw error.cause
    state.error = error
  } finally {
    clearTimeout(timer)
    request.signal.removeEventListener('abort', stop)
    // Ends the request behind a stream that we do not read to its end; nothing happens if it ended.
    if (!state.finish) abort.abort()
    reader?.cancel().catch(() => {})
  }
}

async function readParts(
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
  request: ReplyRequest,
  state: Attempt,
  onLife: () => void,
): Promise<void> {
  for (;;) {
    const { done, value: part } = await reader.read()
    if (done || state.cutBy) return
    if (part.type === 'text-delta') {
      if (part.delta === '') continue
      onLife()
      state.firstTokenMs ??= performance.now() - state.startedAt
      state.text += part.delta
      deliver(request, part.delta)
      if (state.text.length > MAX_REPLY_CHARS) {
        state.cutBy = 'TooLong'
        return
      }
    } else if (part.type === 'reasoning-delta') onLife()
    else if (part.type === 'error') {
      state.error = part.error
      return
    } else if (part.type === 'finish') state.finish = { reason: part.finishReason, usage: part.usage }
  }
}

/** Our own mistake in a listener is not a failure of the model. */
class OnDeltaError extends Error {}

function deliver(request: ReplyRequest, text: string): void {
  try {
    request.onDelta(text)
  } catch (cause) {
    throw new OnDeltaError('onDelta threw', { cause })
  }
}

function concludeAttempt(state: Attempt): Reply {
  const times = { firstTokenMs: state.firstTokenMs, totalMs: performance.now() - state.startedAt }
  const fail = (failure: Failure): Reply => ({ ok: false, ...failure, partial: state.text, ...times })
  const succeed = (
    finishReason: 'stop' | 'length' | 'other',
    usage: LanguageModelV4Usage | undefined,
  ): Reply => ({
    ok: true,
    text: state.text,
    usage: usageOf(usage),
    finishReason,
    ...times,
  })
  if (state.cutBy === 'Stopped') return fail({ failure: 'Stopped', message: 'Stopped.' })
  if (state.cutBy === 'TimedOut') return fail({ failure: 'TimedOut', message: 'The model took too long.' })
  if (state.cutBy === 'TooLong') return succeed('length', undefined)
  if (state.error) return fail(describeFailure(state.error))
  if (!state.finish) return fail({ failure: 'Unreachable', message: 'The stream was cut.' })
  const { reason, usage } = state.finish
  if (reason.unified === 'content-filter')
    return fail({ failure: 'Refused', message: 'The provider refused to answer.' })
  if (reason.unified === 'error') return fail({ failure: 'Failed', message: 'The model failed.' })
  // A stream that ends without the provider's reason was cut.
  if (reason.unified === 'interrupted' || (reason.raw === undefined && reason.unified === 'other'))
    return fail({ failure: 'Unreachable', message: 'The stream was cut.' })
  if (state.text === '') return fail({ failure: 'Failed', message: 'The model ended without a word.' })
  return succeed(reason.unified === 'stop' || reason.unified === 'length' ? reason.unified : 'other', usage)
}

function usageOf(usage: LanguageModelV4Usage | undefined): ReplyUsage {
  return {
    inputTokens: usage?.inputTokens.total ?? null,
    cachedInputTokens: usage?.inputTokens.cacheRead ?? null,
    outputTokens: usage?.outputTokens.total ?? null,
  }
}

const PASSING: ReadonlySet<ModelFailure> = new Set(['RateLimited', 'Unreachable'])

function isWorthAnotherTry(reply: Reply): boolean {
  return !reply.ok && PASSING.has(reply.failure)
}

function callOptions(
  request: ReplyRequest,
  prompt: LanguageModelV4Message[],
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const options: LanguageModelV4CallOptions = {
    prompt,
    maxOutputTokens: request.maxOutputTokens,
    abortSignal,
  }
  if (request.temperature !== undefined) options.temperature = request.temperature
  if (request.stopSequences?.length) options.stopSequences = [...request.stopSequences]
  if (request.providerOptions) options.providerOptions = request.providerOptions
  return options
}

function textOf(parts: readonly ChatPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** Ends with false at once if the signal comes first. */
function pause(waitMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false)
    const end = (whole: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(whole)
    }
    const stop = () => end(false)
    const timer = setTimeout(end, waitMs, true)
    signal.addEventListener('abort', stop, { once: true })
  })
}
