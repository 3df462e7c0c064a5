import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { MockLanguageModelV4 } from 'ai/test'

/** What a scripted model does when it is called for the n-th time (from 0): words, or a failure. */
export type Script = (prompt: string, n: number) => string | Error | Promise<string | Error>

export interface ScriptedModel {
  models: ReadonlyMap<string, MockLanguageModelV4>
  /** The prompts that it was shown, as text. */
  prompts: string[]
}

/** A hosted model in the AI SDK's own mock: streams what the script says, word by word. `pauseMs` between words. */
export function scriptedModel(script: Script, options: { pauseMs?: number } = {}): ScriptedModel {
  const prompts: string[] = []
  const model = new MockLanguageModelV4({
    provider: 'mock',
    modelId: 'scripted',
    doStream: async (call) => {
      const prompt = promptText(call)
      prompts.push(prompt)
      const said = await script(prompt, prompts.length - 1)
      if (said instanceof Error) throw said
      return { stream: wordStream(said, options.pauseMs ?? 0, call.abortSignal) }
    },
  })
  return { models: new Map([['mock/scripted', model]]), prompts }
}

/** A prompt as one text: `role: words` per message. */
export function promptText(call: LanguageModelV4CallOptions): string {
  return call.prompt
    .map((message) => {
      const parts =
        typeof message.content === 'string'
          ? [message.content]
          : message.content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`))
      return `${message.role}: ${parts.join('')}`
    })
    .join('\n')
}

function wordStream(
  text: string,
  pauseMs: number,
  signal: AbortSignal | undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    async start(controller) {
      controller.enqueue({ type: 'stream-start', warnings: [] })
      controller.enqueue({ type: 'text-start', id: '1' })
      for (const word of text.match(/\S+\s*|\s+/g) ?? []) {
        if (signal?.aborted) return controller.error(signal.reason)
        controller.enqueue({ type: 'text-delta', id: '1', delta: word })
        if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
      controller.enqueue({ type: 'text-end', id: '1' })
      controller.enqueue({
        type: 'finish',
        finishReason: { unified: 'stop', raw: 'stop' },
        usage: {
          inputTokens: { total: 10, noCache: 10, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: text.length, text: text.length, reasoning: 0 },
        },
      })
      controller.close()
    },
  })
}
