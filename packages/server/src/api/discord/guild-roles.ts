import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import { getGuildFor } from '../../guilds/access.ts'
import { countRoleMembers } from '../../guilds/counts.ts'
import { sortRoles } from '../../guilds/hierarchy.ts'
import { moveRoles } from '../../guilds/role-order.ts'
import { createRole, deleteRole, editRole, type RoleInput } from '../../guilds/roles.ts'
import { roleToWire } from '../../guilds/wire.ts'
import { type AnyRoute, route } from '../route.ts'
import { Bits, Id, Position } from './guild-fields.ts'

const Color = z.number().int().min(0).max(0xffffff)

const RoleBody = z.object({
  name: z.string().max(100).nullish(),
  permissions: Bits.nullish(),
  color: Color.nullish(),
  colors: z.object({ primary_color: Color.nullish() }).nullish(),
  hoist: z.boolean().nullish(),
  mentionable: z.boolean().nullish(),
  unicode_emoji: z.string().max(100).nullish(),
})

const Positions = z.array(z.object({ id: Id, position: Position.nullish() })).max(LIMITS.rolesPerGuild)

function roleInput(body: z.infer<typeof RoleBody>): RoleInput {
  return {
    name: body.name || undefined,
    permissions: body.permissions ?? undefined,
    color: body.colors?.primary_color ?? body.color ?? undefined,
    hoist: body.hoist ?? undefined,
    mentionable: body.mentionable ?? undefined,
    unicodeEmoji: body.unicode_emoji,
  }
}

export const guildRoleRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/guilds/:guild_id/roles',
    async handler({ app, actor, params }) {
      const { guild } = await getGuildFor(app, actor, params.guild_id ?? '')
      return sortRoles(guild.roles.values(), guild.guildId).map(roleToWire)
    },
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id/roles/member-counts',
    async handler({ app, actor, params }) {
      const { guild } = await getGuildFor(app, actor, params.guild_id ?? '')
      return countRoleMembers(app, guild)
    },
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id/roles/:role_id',
    async handler({ app, actor, params }) {
      const { guild } = await getGuildFor(app, actor, params.guild_id ?? '')
      const role = guild.roles.get(params.role_id ?? '')
      if (!role) throw new ApiError('UnknownRole')
      return roleToWire(role)
    },
  }),
  route({
    method: 'POST',
    path: '/guilds/:guild_id/roles',
    body: RoleBody,
    handler: ({ app, actor, params, body }) => createRole(app, actor, params.guild_id ?? '', roleInput(body)),
  }),
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id/roles',
    body: Positions,
    handler: ({ app, actor, params, body }) =>
      moveRoles(
        app,
        actor,
        params.guild_id ?? '',
        body.flatMap(({ id, position }) => (position == null ? [] : [{ id, position }])),
      ),
  }),
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id/roles/:role_id',
    body: RoleBody,
    handler: ({ app, actor, params, body }) =>
      editRole(app, actor, params.guild_id ?? '', params.role_id ?? '', roleInput(body)),
  }),
  route({
    method: 'DELETE',
    path: '/guilds/:guild_id/roles/:role_id',
    handler: ({ app, actor, params }) => deleteRole(app, actor, params.guild_id ?? '', params.role_id ?? ''),
  }),
]
