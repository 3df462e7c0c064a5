import { z } from 'zod'

// Discord's gateway: https://discord.com/developers/docs/events/gateway-events

export const OP = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presence: 3,
  voiceState: 4,
  resume: 6,
  reconnect: 7,
  requestMembers: 8,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const

/**
 * Asked for by some clients and not offered here: voice state and its ping (4, 5), calls (13), lazy guilds (14, 37), streams
 * (18 to 22), soundboard (31), last messages (34), and what people's clients tell of themselves (29, 36, 40, 41).
 */
export const IGNORED_OPS: ReadonlySet<number> = new Set([
  4, 5, 13, 14, 18, 19, 20, 21, 22, 29, 31, 34, 36, 37, 40, 41,
])

/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
export const CLOSE = {
  goingAway: 1001,
  unknownError: 4000,
  unknownOp: 4001,
  decodeError: 4002,
  notAuthenticated: 4003,
  authenticationFailed: 4004,
  alreadyAuthenticated: 4005,
  invalidSeq: 4007,
  rateLimited: 4008,
  sessionTimedOut: 4009,
  invalidShard: 4010,
  invalidVersion: 4012,
  invalidIntents: 4013,
} as const

/** What the close frame says, in Discord's words. */
export const CLOSE_REASONS: Readonly<Record<number, string>> = {
  [CLOSE.goingAway]: 'The server is restarting.',
  [CLOSE.unknownError]: 'Unknown error.',
  [CLOSE.unknownOp]: 'Unknown opcode.',
  [CLOSE.decodeError]: 'Error while decoding payload.',
  [CLOSE.notAuthenticated]: 'Not authenticated.',
  [CLOSE.authenticationFailed]: 'Authentication failed.',
  [CLOSE.alreadyAuthenticated]: 'Already authenticated.',
  [CLOSE.invalidSeq]: 'Invalid seq.',
  [CLOSE.rateLimited]: 'You are being rate limited.',
  [CLOSE.sessionTimedOut]: 'Session timed out.',
  [CLOSE.invalidShard]: 'Invalid shard.',
  [CLOSE.invalidVersion]: 'Unknown version, encoding or compression.',
  [CLOSE.invalidIntents]: 'Invalid intent(s).',
}

const ACTIVITIES = 5
const SHARDS = 10_000
const REQUESTED_IDS = 100

/** An id, which some libraries send as a bare integer; the parser keeps its digits. */
const Id = z
  .union([z.string(), z.number().int().nonnegative().transform(String)])
  .pipe(z.string().regex(/^\d{1,20}$/))
const Ids = z.union([Id.transform((id) => [id]), z.array(Id).max(REQUESTED_IDS)])

const line = z.string().max(128).nullish()

/** What a client may say of what its account does. Unknown fields are dropped. */
const Activity = z.object({
  name: z.string().max(128),
  type: z.number().int().min(0).max(5).default(0),
  state: line,
  details: line,
  url: z.string().max(512).nullish(),
  created_at: z.number().nullish(),
  timestamps: z.object({ start: z.number().optional(), end: z.number().optional() }).nullish(),
  emoji: z
    .object({ name: z.string().max(64), id: z.string().max(20).nullish(), animated: z.boolean().optional() })
    .nullish(),
})
export type Activity = z.infer<typeof Activity>

const Status = z.enum(['online', 'idle', 'dnd', 'invisible', 'offline'])
export type Status = z.infer<typeof Status>

export const PresenceUpdate = z.object({
  since: z.number().nullish(),
  status: Status.catch('online').default('online'),
  activities: z
    .array(Activity)
    .max(ACTIVITIES)
    .nullish()
    .transform((activities) => activities ?? []),
  afk: z.boolean().nullish(),
})
export type PresenceUpdate = z.infer<typeof PresenceUpdate>

const Properties = z.record(z.string(), z.unknown()).nullish()

export const Identify = z.object({
  token: z.string().max(512),
  properties: Properties,
  compress: z.boolean().nullish(),
  large_threshold: z.number().int().min(1).max(250).nullish().catch(null),
  shard: z.tuple([z.number().int(), z.number().int()]).nullish(),
  presence: PresenceUpdate.nullish(),
  intents: z.number().int().nullish(),
  /** Ours: the session also wants `CONVIVE_…` events. */
  convive: z.boolean().nullish(),
})
export type Identify = z.infer<typeof Identify>

export const Resume = z.object({
  token: z.string().max(512),
  session_id: z.string().max(128),
  seq: z.number().int().nonnegative().nullish(),
})
export type Resume = z.infer<typeof Resume>

export const RequestMembers = z.object({
  guild_id: Ids,
  query: z.string().max(100).nullish(),
  limit: z.number().int().min(0).nullish(),
  presences: z.boolean().nullish(),
  user_ids: Ids.nullish(),
  nonce: z.union([z.string(), z.number().transform(String)]).nullish(),
})
export type RequestMembers = z.infer<typeof RequestMembers>

export const Heartbeat = z.number().int().nonnegative().nullish()

export const Frame = z.object({ op: z.number().int(), d: z.unknown() })

/** Whether the pair is a shard of Discord's form: `[id, count]`, id below count. */
export function isShard([id, count]: readonly [number, number]): boolean {
  return id >= 0 && count >= 1 && count <= SHARDS && id < count
}
