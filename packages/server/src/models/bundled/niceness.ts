import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Lowers the priority of this whole process. On Linux a priority is a thread's: the pool's threads, which do
 * llama.cpp's work, exist by now and would keep theirs. Does nothing where it is not allowed: it is a courtesy.
 */
export function setNiceness(nice: number): void {
  try {
    if (process.platform === 'linux') {
      for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), nice)
    } else setPriority(nice)
  } catch {
    // A thread ended meanwhile, or the system refused.
  }
}
