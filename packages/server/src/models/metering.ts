import type { Queryable } from '../storage/database.ts'
import type { ModelFailure } from './errors.ts'

/** US dollars for a million tokens, as vendors print them. */
export interface ModelPrices {
  inputPerMillion: number
  outputPerMillion: number
  /** Tokens that the provider had cached; the input's price where left out. */
  cachedInputPerMillion?: number
}

export interface ModelCall {
  modelId: string
  characterId: string | null
  userId: string | null
  channelId: string | null
  inputTokens: number | null
  outputTokens: number | null
  firstTokenMs: number | null
  totalMs: number
  outcome: 'ok' | ModelFailure
  /** Millionths of a dollar; null where it is not known. */
  costMicrousd: number | null
}

/** Keeps one call for the owner's usage page. */
export async function recordModelCall(db: Queryable, call: ModelCall): Promise<void> {
  await db
    .insertInto('model_calls')
    .values({
      model_id: call.modelId,
      character_id: call.characterId,
      user_id: call.userId,
      channel_id: call.channelId,
      input_tokens: call.inputTokens,
      output_tokens: call.outputTokens,
      first_token_ms: call.firstTokenMs === null ? null : Math.round(call.firstTokenMs),
      total_ms: Math.round(call.totalMs),
      outcome: call.outcome,
      cost_microusd: call.costMicrousd,
    })
    .execute()
}

/** What a call cost in millionths of a dollar, or null if the price or a count is unknown: never zero for unknown. */
export function costMicrousd(
  prices: ModelPrices | null,
  usage: { inputTokens: number | null; cachedInputTokens?: number | null; outputTokens: number | null },
): number | null {
  if (!prices || usage.inputTokens === null || usage.outputTokens === null) return null
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens)
  const cachedPrice = prices.cachedInputPerMillion ?? prices.inputPerMillion
  // Dollars for a million tokens are millionths of a dollar for one.
  const cost =
    (usage.inputTokens - cached) * prices.inputPerMillion +
    cached * cachedPrice +
    usage.outputTokens * prices.outputPerMillion
  return Math.ceil(cost)
}

/** A model that runs here costs nobody a bill. */
export const LOCAL_PRICES: ModelPrices = { inputPerMillion: 0, outputPerMillion: 0 }
