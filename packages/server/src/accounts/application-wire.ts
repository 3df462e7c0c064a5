import type { App } from '../context.ts'
import type { ApplicationRow } from './applications.ts'
import { userToWire, type WireUser } from './wire.ts'

/**
 * An application as anybody sees it. https://discord.com/developers/docs/resources/application
 * `install_params` is absent, not null: discord.js reads its fields if it is there.
 */
export interface WireApplication {
  id: string
  name: string
  icon: string | null
  description: string
  summary: string
  type: null
  bot: WireUser
  bot_public: boolean
  bot_require_code_grant: boolean
  integration_types_config: Record<string, object>
  verify_key: string
  flags: number
  flags_new: string
  tags: string[]
}

/** The same as its owner and its bot see it. */
export interface WirePrivateApplication extends WireApplication {
  owner: WireUser
  team: null
  redirect_uris: string[]
  rpc_origins: string[]
  interactions_endpoint_url: null
  role_connections_verification_url: null
  event_webhooks_url: null
  event_webhooks_status: number
  event_webhooks_types: string[]
  explicit_content_filter: number
  approximate_guild_count: number
  approximate_user_install_count: number
  approximate_user_authorization_count: number
  eligible_oauth2_scopes: string[]
}

export async function applicationToWire(app: App, row: ApplicationRow): Promise<WireApplication> {
  return {
    id: row.id,
    name: row.name,
    icon: row.icon,
    description: row.description,
    summary: '',
    type: null,
    bot: userToWire(await app.users.get(row.id)),
    bot_public: row.bot_public,
    bot_require_code_grant: false,
    integration_types_config: { '0': {} },
    verify_key: row.verify_key,
    flags: row.flags,
    flags_new: String(row.flags),
    tags: [],
  }
}

export async function privateApplicationToWire(
  app: App,
  row: ApplicationRow,
): Promise<WirePrivateApplication> {
  const { guilds } = await app.db
    .selectFrom('members')
    .select((eb) => eb.cast<number>(eb.fn.countAll(), 'integer').as('guilds'))
    .where('user_id', '=', row.id)
    .executeTakeFirstOrThrow()
  return {
    ...(await applicationToWire(app, row)),
    owner: userToWire(await app.users.get(row.owner_id)),
    team: null,
    redirect_uris: [],
    rpc_origins: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    event_webhooks_url: null,
    event_webhooks_status: 1,
    event_webhooks_types: [],
    explicit_content_filter: 0,
    approximate_guild_count: guilds,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    eligible_oauth2_scopes: ['bot'],
  }
}
