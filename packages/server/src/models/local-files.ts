import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { type ChatRunner, createChatRunner } from './bundled/chat-runner.ts'
import { ModelError } from './errors.ts'

/** Files of the owner's that are in memory at once, beside the bundled one. */
const MAX_LOADED_FILES = 2
/** A larger model is given fewer rooms at a time: each sequence costs its share of memory at the start. */
const SEQUENCES = 4
export const LOCAL_FILE_CONTEXT_TOKENS = 4_096

/** As many threads as cores collapses as soon as anything else runs: llama.cpp's threads wait by spinning. */
export function modelThreads(): number {
  return Math.max(1, availableParallelism() - 1)
}

/** The name by which a model file is known: its own, without the ending. */
export function modelNameOfFile(path: string): string {
  return basename(path).replace(/\.gguf$/i, '')
}

/** Throws ModelError unless there is a readable GGUF file at `path`. */
export async function requireModelFile(path: string): Promise<void> {
  try {
    await using file = await open(path, 'r')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    if (bytesRead === 4 && buffer.toString('latin1') === 'GGUF') return
  } catch (error) {
    throw new ModelError(
      'UnknownModel',
      `The file cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    )
  }
  throw new ModelError('UnknownModel', 'This is not a GGUF file.')
}

export interface LocalFiles {
  /** The process for a file; started by its first request. */
  runnerFor(path: string): ChatRunner
  forget(path: string): Promise<void>
  close(): Promise<void>
}

/** Processes for model files by path, at most two: the one unused longest makes room. */
export function createLocalFiles(): LocalFiles {
  // In the order of their last use.
  const runners = new Map<string, ChatRunner>()

  async function forget(path: string): Promise<void> {
    const runner = runners.get(path)
    runners.delete(path)
    await runner?.stop()
  }

  function makeRoom(): void {
    if (runners.size < MAX_LOADED_FILES) return
    const idle = runners.entries().find(([, runner]) => runner.isIdle())
    if (!idle) throw new ModelError('RateLimited', 'All local models are busy.', 10_000)
    void forget(idle[0])
  }

  return {
    runnerFor(path) {
      const known = runners.get(path)
      if (!known) makeRoom()
      const runner =
        known ??
        createChatRunner({
          file: path,
          threads: modelThreads(),
          sequences: SEQUENCES,
          contextTokens: LOCAL_FILE_CONTEXT_TOKENS,
        })
      runners.delete(path)
      runners.set(path, runner)
      return runner
    },
    forget,
    async close() {
      await Promise.all([...runners.keys()].map(forget))
    },
  }
}
