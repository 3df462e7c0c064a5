/**
 * Every error that the API answers with: Discord's JSON code where it has one (https://discord.com/developers/docs/topics/opcodes-and-status-codes),
 * ours from 900,000 up. `message` is what a bot author reads; the page translates by `code`.
 */
export const ERRORS = {
  General: [0, 400, 'General error'],
  NotFound: [0, 404, '404: Not Found'],
  Unauthorized: [0, 401, '401: Unauthorized'],
  MethodNotAllowed: [0, 405, '405: Method Not Allowed'],
  InternalError: [0, 500, '500: Internal Server Error'],
  Overloaded: [130000, 503, 'API resource is currently overloaded. Try again a little later'],
  UnknownApplication: [10002, 404, 'Unknown application'],
  UnknownChannel: [10003, 404, 'Unknown Channel'],
  UnknownGuild: [10004, 404, 'Unknown Guild'],
  UnknownInvite: [10006, 404, 'Unknown Invite'],
  UnknownMember: [10007, 404, 'Unknown Member'],
  UnknownMessage: [10008, 404, 'Unknown Message'],
  UnknownOverwrite: [10009, 404, 'Unknown permission overwrite'],
  UnknownRole: [10011, 404, 'Unknown Role'],
  UnknownToken: [10012, 404, 'Unknown Token'],
  UnknownUser: [10013, 404, 'Unknown User'],
  UnknownEmoji: [10014, 400, 'Unknown Emoji'],
  UnknownWebhook: [10015, 404, 'Unknown Webhook'],
  UnknownBan: [10026, 404, 'Unknown Ban'],
  BotsNotAllowed: [20001, 403, 'Bots cannot use this endpoint'],
  OnlyBots: [20002, 403, 'Only bots can use this endpoint'],
  NotApplicationOwner: [20018, 403, 'Only the owner of this account can perform this action'],
  SlowMode: [20016, 429, 'This action cannot be performed due to slowmode rate limit'],
  TooManyGuilds: [30001, 400, 'Maximum number of guilds reached (100)'],
  TooManyFriends: [30002, 400, 'Maximum number of friends reached (1000)'],
  TooManyPins: [30003, 400, 'Maximum number of pins reached for the channel (250)'],
  TooManyRecipients: [30004, 400, 'Maximum number of recipients reached (10)'],
  TooManyRoles: [30005, 400, 'Maximum number of guild roles reached (250)'],
  TooManyReactions: [30010, 400, 'Maximum number of reactions reached (20)'],
  TooManyChannels: [30013, 400, 'Maximum number of guild channels reached (500)'],
  TooManyInvites: [30016, 400, 'Maximum number of invites reached (1000)'],
  TooManyBots: [30035, 400, 'Maximum number of bots reached'],
  Conflict: [40002, 409, 'The resource changed meanwhile; try again'],
  RequestTooLarge: [40005, 413, 'Request entity too large. Try sending something smaller in size'],
  Banned: [40007, 403, 'The user is banned from this guild'],
  MissingAccess: [50001, 403, 'Missing Access'],
  InvalidAccountType: [50002, 400, 'Invalid account type'],
  CannotExecuteOnDm: [50003, 403, 'Cannot execute action on a DM channel'],
  CannotEditOthersMessage: [50005, 403, 'Cannot edit a message authored by another user'],
  EmptyMessage: [50006, 400, 'Cannot send an empty message'],
  CannotMessageUser: [50007, 403, 'Cannot send messages to this user'],
  MissingPermissions: [50013, 403, 'Missing Permissions'],
  InvalidToken: [50014, 401, 'Invalid authentication token provided'],
  BulkDeleteCount: [
    50016,
    400,
    'Provided too few or too many messages to delete. Must provide at least 2 and fewer than 100 messages to delete',
  ],
  WrongChannelForPin: [50019, 400, 'A message can only be pinned to the channel it was sent in'],
  SystemMessage: [50021, 403, 'Cannot execute action on a system message'],
  CannotExecuteOnType: [50024, 400, 'Cannot execute action on this channel type'],
  InvalidRole: [50028, 400, 'Invalid role'],
  InvalidRecipients: [50033, 400, 'Invalid Recipient(s)'],
  TooOldToBulkDelete: [50034, 400, 'A message provided was too old to bulk delete'],
  InvalidFormBody: [50035, 400, 'Invalid Form Body'],
  InviteFromOtherGuild: [50036, 400, "An invite was accepted to a guild the application's bot is not in"],
  InvalidFile: [50046, 400, 'Invalid asset'],
  NotPinned: [10008, 404, 'Unknown Message'],
  TwoFactorRequired: [60003, 401, 'Two factor is required for this operation'],
  Blocked: [50007, 403, 'Cannot send messages to this user'],
  ReactionBlocked: [90001, 403, 'Reaction was blocked'],
  InvalidGuild: [50055, 400, 'Invalid Guild'],
  InvalidJson: [50109, 400, 'The request body contains invalid JSON.'],
  ReplyToUnknown: [50035, 400, 'Unknown message'],
  InvalidPersonTag: [80004, 400, 'No users with that username exist'],
  AlreadyFriends: [80007, 400, 'You are already friends with that user'],
  CannotFriendSelf: [80003, 400, 'Cannot send friend request to self'],
  IncomingFriendRequestsBlocked: [80000, 400, 'Incoming friend requests disabled'],
  // Ours
  WrongCredentials: [900_001, 401, 'The name or the password is wrong'],
  TooManyAttempts: [900_002, 429, 'Too many attempts. Wait a little, then try again'],
  UsernameTaken: [900_003, 400, 'This username is taken'],
  EmailTaken: [900_004, 400, 'This e-mail address is in use'],
  RegistrationClosed: [900_005, 403, 'This instance takes no new accounts'],
  OnlyInstanceOwner: [900_006, 403, 'Only the owner of this instance may do this'],
  UnknownCharacter: [900_010, 404, 'Unknown character'],
  NotACard: [900_011, 400, 'This file holds no character card'],
  UnknownDraft: [900_012, 404, 'This draft has ended'],
  UnknownAlternative: [900_013, 404, 'Unknown alternative'],
  NotACharactersMessage: [900_014, 400, 'Only an answer of a character can be regenerated'],
  UnknownProvider: [900_020, 404, 'Unknown provider'],
  UnknownModel: [900_021, 404, 'Unknown model'],
  ProviderFailed: [900_022, 400, 'The provider did not answer as expected'],
  TooManyCharacters: [900_023, 400, 'Maximum number of characters reached'],
} as const satisfies Record<string, readonly [code: number, status: number, message: string]>

export type ErrorName = keyof typeof ERRORS

/** One wrong field, by its path in the body: Discord's `errors` tree is built from these. */
export interface FieldError {
  path: readonly (string | number)[]
  code: string
  message: string
}

/** The only error that a handler throws on purpose. Code, status and message come from the table. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly error: ErrorName
  readonly fields: readonly FieldError[]
  /** When it may work again: sent as Retry-After and `retry_after`. */
  readonly retryAfterMs: number | null
  constructor(
    error: ErrorName,
    detail?: { message?: string; fields?: readonly FieldError[]; retryAfterMs?: number },
  ) {
    super(detail?.message ?? ERRORS[error][2])
    this.error = error
    this.fields = detail?.fields ?? []
    this.retryAfterMs = detail?.retryAfterMs ?? null
  }
  get code(): number {
    return ERRORS[this.error][0]
  }
  get status(): number {
    return ERRORS[this.error][1]
  }
  /** Discord's form: `{ code, message, errors? }`. */
  toBody(): { code: number; message: string; errors?: unknown; retry_after?: number; global?: boolean } {
    return {
      code: this.code,
      message: this.message,
      ...(this.fields.length > 0 && { errors: errorTree(this.fields) }),
      ...(this.retryAfterMs !== null && { retry_after: this.retryAfterMs / 1000, global: false }),
    }
  }
}

/** A field error thrown from a handler: `invalid('content', 'BASE_TYPE_MAX_LENGTH', 'Must be 2000 or fewer in length.')`. */
export function invalid(path: string, code: string, message: string): ApiError {
  return new ApiError('InvalidFormBody', { fields: [{ path: path.split('.'), code, message }] })
}

function errorTree(fields: readonly FieldError[]): unknown {
  type Node = { [key: string]: Node | { code: string; message: string }[] }
  const root: Node = Object.create(null)
  for (const field of fields) {
    let node = root
    for (const key of field.path) {
      node[key] ??= Object.create(null) as Node
      node = node[key] as Node
    }
    node._errors = [
      ...((node._errors as { code: string; message: string }[]) ?? []),
      { code: field.code, message: field.message },
    ]
  }
  return root
}
