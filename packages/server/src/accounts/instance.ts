import { readFileSync } from 'node:fs'
import type { InstanceInfo } from '@convive/protocol/accounts'
import type { Actor, App } from '../context.ts'

const MANIFEST = new URL('../../../../package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string }

/** What the sign-in page must know of this instance. `actor` may be nobody. */
export async function describeInstance(app: App, actor: Actor): Promise<InstanceInfo> {
  const owner = await app.db
    .selectFrom('users')
    .select('id')
    .where('is_instance_owner', '=', true)
    .executeTakeFirst()
  return {
    name: app.config.name,
    version,
    needs_owner: owner === undefined,
    registration_open: app.config.registrationOpen,
    is_owner: owner !== undefined && owner.id === actor.userId,
  }
}
