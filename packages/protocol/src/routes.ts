/** Discord's REST lives here, as its clients expect: `/api/v10/channels/…`. Routes: `discord-api-types/rest/v10`. */
export const DISCORD_API = '/api/v10'

/** What Discord has not. Same authorization, errors and rate-limit headers. */
export const CONVIVE_API = '/api/convive/v1'

/** Paths under CONVIVE_API, with what they take and give (types of this package). */
export const routes = {
  /** GET → InstanceInfo; needs no account. */
  instance: () => '/instance',
  /** POST SignUp → SignedIn */
  signUp: () => '/accounts/sign-up',
  /** POST SignIn → SignedIn */
  signIn: () => '/accounts/sign-in',
  /** POST → 204; ends this session. */
  signOut: () => '/accounts/sign-out',
  /** POST → 204; ends every session of the account, this one too. */
  signOutEverywhere: () => '/accounts/sign-out-everywhere',
  /** GET → SessionInfo[] */
  sessions: () => '/accounts/sessions',
  /** GET → CharacterSummary[]: one's own, then public ones. POST CreateCharacter → Character */
  characters: () => '/characters',
  /** GET → Character for its owner, CharacterSummary for others. PATCH UpdateCharacter → Character. DELETE → 204 */
  character: (characterId: string) => `/characters/${characterId}`,
  /** POST multipart/form-data with one `file` (card PNG or JSON) → Character */
  importCharacter: () => '/characters/import',
  /** GET ?format=png|json → the character as a card file; owner only. */
  characterCard: (characterId: string) => `/characters/${characterId}/card`,
  /** POST TrialRequest → text/event-stream of TrialEvent (`data: {json}` per event) */
  trial: () => '/characters/trial',
  /** PUT → 204: adds the character to the guild; needs MANAGE_GUILD, and that it is one's own or public. It leaves as any member: Discord's remove member. */
  guildCharacter: (guildId: string, characterId: string) => `/guilds/${guildId}/characters/${characterId}`,
  /** POST → 204: stops an answer being written. Anybody who may send in the channel may stop it. */
  stopDraft: (channelId: string, draftId: string) => `/channels/${channelId}/drafts/${draftId}/stop`,
  /** POST → 204: writes another answer in the same message (MESSAGE_UPDATE follows), or tries again after a notice. */
  regenerate: (channelId: string, messageId: string) =>
    `/channels/${channelId}/messages/${messageId}/regenerate`,
  /** PUT { index: number } → message object with that alternative shown. */
  alternative: (channelId: string, messageId: string) =>
    `/channels/${channelId}/messages/${messageId}/alternative`,
  /** GET → ModelList */
  models: () => '/models',
  /** PUT SetDefaultModel → ModelList; instance owner. */
  defaultModel: () => '/models/default',
  /** GET → ProviderInfo[]; POST CreateProvider → ProviderInfo (it is tested with a real call first; ProviderFailed says why not). Instance owner. */
  providers: () => '/providers',
  /** DELETE → 204; instance owner. */
  provider: (providerId: string) => `/providers/${providerId}`,
} as const
