import type { ProviderKind } from '@convive/protocol/models'
import { sql } from 'kysely'
import type { Queryable } from '../storage/database.ts'
import type { Secrets } from '../storage/secrets.ts'
import type { Provider, ProviderOptions } from './providers.ts'

/** More than anyone configures; a bound on what is read at once. */
export const MAX_PROVIDERS = 100
const DEFAULT_MODEL_KEY = 'default_model'

/** The providers that were added on this instance, with their keys opened. A key that does not open is as if it were not set. */
export async function listStoredProviders(
  db: Queryable,
  secrets: Pick<Secrets, 'open'>,
): Promise<Provider[]> {
  const rows = await db.selectFrom('model_providers').selectAll().orderBy('id').limit(MAX_PROVIDERS).execute()
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as ProviderKind,
    name: row.name,
    baseUrl: row.base_url,
    apiKey: row.key_sealed ? openKey(secrets, row.id, row.key_sealed) : null,
    options: row.options as ProviderOptions,
    managed: false,
  }))
}

/** Adds a provider; its key is sealed for this row alone. */
export async function insertProvider(
  db: Queryable,
  secrets: Pick<Secrets, 'seal'>,
  provider: Omit<Provider, 'id' | 'managed'>,
): Promise<Provider> {
  const minted = await sql<{ id: string }>`SELECT snowflake() AS id`.execute(db)
  const id = minted.rows[0]?.id
  if (!id) throw new Error('no snowflake')
  await db
    .insertInto('model_providers')
    .values({
      id,
      kind: provider.kind,
      name: provider.name,
      base_url: provider.baseUrl,
      key_sealed: provider.apiKey ? secrets.seal(provider.apiKey, keyContext(id)) : null,
      options: JSON.stringify(provider.options),
    })
    .execute()
  return { ...provider, id, managed: false }
}

/** Ends with whether there was such a provider. */
export async function deleteProvider(db: Queryable, id: string): Promise<boolean> {
  if (!/^\d{1,20}$/.test(id)) return false
  const result = await db.deleteFrom('model_providers').where('id', '=', id).executeTakeFirst()
  return result.numDeletedRows > 0n
}

/** The instance's default as the owner set it, or null. */
export async function findDefaultModel(db: Queryable): Promise<string | null> {
  const row = await db
    .selectFrom('instance_settings')
    .select('value')
    .where('key', '=', DEFAULT_MODEL_KEY)
    .executeTakeFirst()
  return typeof row?.value === 'string' ? row.value : null
}

/** Null takes the setting back. */
export async function saveDefaultModel(db: Queryable, modelId: string | null): Promise<void> {
  if (modelId === null) {
    await db.deleteFrom('instance_settings').where('key', '=', DEFAULT_MODEL_KEY).execute()
    return
  }
  const value = JSON.stringify(modelId)
  await db
    .insertInto('instance_settings')
    .values({ key: DEFAULT_MODEL_KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

function keyContext(id: string): string {
  return `model-provider:${id}`
}

function openKey(secrets: Pick<Secrets, 'open'>, id: string, sealed: Buffer): string | null {
  try {
    return secrets.open(sealed, keyContext(id))
  } catch {
    // Another instance key: the owner sees `has_key: false` and sets it again; all else keeps working.
    return null
  }
}
