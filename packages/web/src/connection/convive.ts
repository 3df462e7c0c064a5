// Our own REST, by the paths of @convive/protocol/routes.
import type { InstanceInfo, SessionInfo, SignedIn } from '@convive/protocol/accounts'
import type {
  Character,
  CharacterDefinition,
  CharacterSummary,
  CharacterVisibility,
  TrialEvent,
} from '@convive/protocol/characters'
import type { ModelList, ProviderInfo, ProviderKind } from '@convive/protocol/models'
import { routes } from '@convive/protocol/routes'
import type { Message } from '../wire.ts'
import { rest } from './client.ts'
import { convivePath, type Method } from './rest.ts'
import { readServerEvents } from './server-events.ts'

function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  return rest.call<T>(method, convivePath(path), body === undefined ? {} : { body })
}

export const getInstance = () => call<InstanceInfo>('GET', routes.instance())

export interface SignUpBody {
  username: string
  global_name?: string
  email: string
  password: string
}
export const signUp = (body: SignUpBody) => call<SignedIn>('POST', routes.signUp(), body)
export const signIn = (body: { login: string; password: string }) =>
  call<SignedIn>('POST', routes.signIn(), body)
export const signOut = () => call<void>('POST', routes.signOut(), {})
export const signOutEverywhere = () => call<void>('POST', routes.signOutEverywhere(), {})
export const listSessions = () => call<SessionInfo[]>('GET', routes.sessions())

export interface CharacterBody {
  definition: CharacterDefinition
  visibility: CharacterVisibility
  avatar?: string | null
}
export const listCharacters = () => call<CharacterSummary[]>('GET', routes.characters())
export const getCharacter = (id: string) => call<Character | CharacterSummary>('GET', routes.character(id))
export const createCharacter = (body: CharacterBody) => call<Character>('POST', routes.characters(), body)
export const updateCharacter = (id: string, body: Partial<CharacterBody>) =>
  call<Character>('PATCH', routes.character(id), body)
export const deleteCharacter = (id: string) => call<void>('DELETE', routes.character(id))
export const addCharacterToGuild = (guildId: string, characterId: string) =>
  call<void>('PUT', routes.guildCharacter(guildId, characterId), {})

/** Imports a character card: PNG or JSON. */
export function importCharacter(file: File): Promise<Character> {
  const form = new FormData()
  form.append('file', file, file.name)
  return rest.call<Character>('POST', convivePath(routes.importCharacter()), { form })
}

export interface TrialTurn {
  role: 'user' | 'assistant'
  content: string
}

/** Talks with a character that is not saved: its answer as it is written. */
export async function* tryCharacter(
  definition: CharacterDefinition,
  messages: TrialTurn[],
  signal: AbortSignal,
): AsyncGenerator<TrialEvent> {
  const response = await rest.raw('POST', convivePath(routes.trial()), {
    body: { definition, messages },
    signal,
  })
  for await (const data of readServerEvents(response)) yield JSON.parse(data) as TrialEvent
}

export const stopDraft = (channelId: string, draftId: string) =>
  call<void>('POST', routes.stopDraft(channelId, draftId), {})
export const regenerate = (channelId: string, messageId: string) =>
  call<void>('POST', routes.regenerate(channelId, messageId), {})
export const showAlternative = (channelId: string, messageId: string, index: number) =>
  call<Message>('PUT', routes.alternative(channelId, messageId), { index })

export interface ProviderBody {
  kind: ProviderKind
  name: string
  base_url?: string
  api_key?: string
  model?: string
}
export const listModels = () => call<ModelList>('GET', routes.models())
export const setDefaultModel = (model: string) => call<ModelList>('PUT', routes.defaultModel(), { model })
export const listProviders = () => call<ProviderInfo[]>('GET', routes.providers())
export const createProvider = (body: ProviderBody) => call<ProviderInfo>('POST', routes.providers(), body)
export const deleteProvider = (id: string) => call<void>('DELETE', routes.provider(id))
