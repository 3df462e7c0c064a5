/** Discord's epoch, 2015-01-01T00:00:00Z, in milliseconds since 1970. */
export const DISCORD_EPOCH_MS = 1_420_070_400_000

/** A 64-bit id as a decimal string of 17 to 19 digits: milliseconds since Discord's epoch, then 22 bits of sequence. */
export type Snowflake = string

/** When the snowflake was minted, in milliseconds since 1970. */
export function snowflakeTimeMs(id: Snowflake): number {
  return Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS
}

/** The smallest snowflake of a moment: for paging by time. */
export function snowflakeAt(timeMs: number): Snowflake {
  return String(BigInt(Math.max(0, Math.floor(timeMs - DISCORD_EPOCH_MS))) << 22n)
}

/** Order of two ids: negative if `a` is older. Works for any length, without BigInt. */
export function compareSnowflakes(a: Snowflake, b: Snowflake): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** Whether `a` was minted after `b`; a missing `b` is older than everything. */
export function isNewer(a: Snowflake, b: Snowflake | null | undefined): boolean {
  return b == null || compareSnowflakes(a, b) > 0
}

const LARGEST = 9_223_372_036_854_775_807n

/** Whether a text is an id: decimal digits that fit into 63 bits. */
export function isSnowflake(text: string): boolean {
  return /^\d{1,19}$/.test(text) && BigInt(text) <= LARGEST
}
