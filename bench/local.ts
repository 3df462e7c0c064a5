/**
 * Tokens per second of the bundled model through our seam (process, IPC, AI SDK interface, streamReply) against
 * node-llama-cpp alone in this process: same file, threads, sequences, batch, sampling and priority, in turns in the same
 * run. Each in the absence of the other; on a busy machine both lose, and the ratio is what to look at.
 */
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp'
import { CHAT_NICE, createChatRunner } from '../packages/server/src/models/bundled/chat-runner.ts'
import { createLlamaLanguageModel } from '../packages/server/src/models/bundled/language-model.ts'
import { setNiceness } from '../packages/server/src/models/bundled/niceness.ts'
import { streamReply } from '../packages/server/src/models/stream.ts'
import { acknowledgeWhileWriting } from './acknowledge.ts'
import type { BenchOptions, Measurement } from './run.ts'

const FILE = fileURLToPath(new URL('../models/SmolLM2-135M-Instruct.Q4_1.gguf', import.meta.url))
const SEQUENCES = 8
const CONTEXT_TOKENS = 2_048
const BATCH_TOKENS = 64
const PUNISHED_TOKENS = 64
/** No round begins after that: a busy machine measures fewer rounds, not longer. */
const QUICK_BUDGET_MS = 35_000
const BUDGET_MS = 240_000

interface Contender {
  /** Ends with how many tokens were written by `rooms` rooms at once, `tokens` each at most. */
  write(rooms: number, tokens: number, round: number): Promise<number>
  close(): Promise<void>
}

/** Rooms differ, so that no cache of another room helps. */
function question(room: number, round: number): string {
  return `${round}.${room}: tell a very long story about an inn by the sea.`
}

async function createOurs(threads: number): Promise<Contender> {
  const runner = createChatRunner({
    file: FILE,
    threads,
    sequences: SEQUENCES,
    contextTokens: CONTEXT_TOKENS,
  })
  await runner.ready()
  const model = createLlamaLanguageModel('bundled', 'bench', runner)
  async function room(index: number, tokens: number, round: number): Promise<number> {
    const reply = await streamReply({
      model,
      messages: [{ role: 'user', content: question(index, round) }],
      maxOutputTokens: tokens,
      firstTokenTimeoutMs: 60_000,
      idleTimeoutMs: 60_000,
      onDelta: () => {},
      signal: new AbortController().signal,
    })
    if (!reply.ok) throw new Error(reply.message)
    return reply.usage.outputTokens ?? 0
  }
  return {
    write: (rooms, tokens, round) => inAllRooms(rooms, (index) => room(index, tokens, round)),
    close: () => runner.stop(),
  }
}

async function createFloor(threads: number): Promise<Contender> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  })
  const model = await llama.loadModel({ modelPath: FILE, gpuLayers: 0 })
  const context = await model.createContext({
    sequences: SEQUENCES,
    contextSize: CONTEXT_TOKENS,
    batchSize: BATCH_TOKENS,
    threads,
    flashAttention: false,
  })
  const sequences = Array.from({ length: SEQUENCES }, () => context.getSequence())

  async function room(index: number, tokens: number, round: number): Promise<number> {
    const sequence = sequences[index]
    if (!sequence) throw new Error('no such room')
    await sequence.clearHistory()
    const prompt = `<|im_start|>user\n${question(index, round)}<|im_end|>\n<|im_start|>assistant\n`
    const recent: Token[] = []
    let written = 0
    const options = {
      temperature: 0.6,
      minP: 0.05,
      topP: 1,
      topK: 40,
      repeatPenalty: { punishTokens: () => recent, penalty: 1.1, maxPunishTokens: PUNISHED_TOKENS },
    }
    for await (const token of sequence.evaluate(model.tokenize(prompt, true), options)) {
      recent.push(token)
      if (recent.length > PUNISHED_TOKENS) recent.shift()
      model.detokenize([token])
      if (++written >= tokens) break
    }
    return written
  }
  return {
    write: (rooms, tokens, round) => inAllRooms(rooms, (index) => room(index, tokens, round)),
    close: () => llama.dispose(),
  }
}

async function inAllRooms(rooms: number, write: (index: number) => Promise<number>): Promise<number> {
  const written = await Promise.all(Array.from({ length: rooms }, (_, index) => write(index)))
  return written.reduce((sum, tokens) => sum + tokens, 0)
}

async function tokensPerSecond(
  contender: Contender,
  rooms: number,
  tokens: number,
  round: number,
): Promise<number> {
  const startedAt = performance.now()
  const written = await contender.write(rooms, tokens, round)
  return (written / (performance.now() - startedAt)) * 1000
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Runs both in turns and compares the medians. `quick` stays under a minute. */
async function measureLocal(options: { quick: boolean }): Promise<Measurement[]> {
  const threads = Math.max(1, availableParallelism() - 1)
  const rounds = options.quick ? 6 : 10
  const contenders = { ours: await createOurs(threads), floor: await createFloor(threads) }
  // Else the floor would be served before us wherever something else runs.
  setNiceness(CHAT_NICE)
  const results: Measurement[] = []
  const budgetMs = options.quick ? QUICK_BUDGET_MS : BUDGET_MS
  const firstEndsAt = performance.now() + budgetMs / 3
  const endsAt = performance.now() + budgetMs
  try {
    for (const rooms of [1, 8]) {
      const tokens = Math.ceil((options.quick ? 80 : 640) / (rooms === 1 ? 2 : rooms))
      const measured = { ours: [] as number[], floor: [] as number[] }
      // The first round warms both up and is not counted.
      for (let round = 0; round <= rounds; round++) {
        if (round > 1 && performance.now() > (rooms === 1 ? firstEndsAt : endsAt)) break
        const first = round % 2 === 0 ? 'ours' : 'floor'
        for (const who of [first, first === 'ours' ? 'floor' : 'ours'] as const) {
          const speed = await tokensPerSecond(contenders[who], rooms, tokens, round)
          if (round > 0) measured[who].push(speed)
        }
      }
      const [a, b] = [median(measured.ours), median(measured.floor)]
      results.push({
        name: `bundled model, ${rooms} ${rooms === 1 ? 'room' : 'rooms'} (${threads} threads)`,
        unit: 'tokens/s',
        ours: round2(a),
        floor: round2(b),
        ratio: round2(a / b),
      })
    }
    return results
  } finally {
    await Promise.all([contenders.ours.close(), contenders.floor.close()])
  }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

/** Tokens per second through us and alone; then how long people wait for an acknowledgement while the model writes. */
export async function run({ quick }: BenchOptions): Promise<Measurement[]> {
  return [...(await measureLocal({ quick })), await acknowledgeWhileWriting(quick)]
}
