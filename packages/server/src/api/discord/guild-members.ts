import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import { banMember, getBan, listBans, unbanMember } from '../../guilds/bans.ts'
import { getMember, listMembers, searchMembers } from '../../guilds/list-members.ts'
import { editMember, giveRole, takeRole } from '../../guilds/member-edit.ts'
import { kickMember } from '../../guilds/members.ts'
import { purgeAuthor } from '../../messages/purge.ts'
import { type AnyRoute, route } from '../route.ts'
import { Id } from './guild-fields.ts'

const PAGE = 1000
const Nick = z.string().trim().max(LIMITS.usernameChars).nullish()
const limit = (fallback: number) => z.coerce.number().int().min(1).max(PAGE).default(fallback)

const EditedMember = z.object({
  nick: Nick,
  roles: z.array(Id).max(LIMITS.rolesPerGuild).nullish(),
  mute: z.boolean().nullish(),
  deaf: z.boolean().nullish(),
  communication_disabled_until: z.iso.datetime({ offset: true, local: true }).nullish(),
  flags: z.number().int().min(0).nullish(),
})

const BanBody = z.object({
  delete_message_seconds: z.number().int().min(0).max(604_800).nullish(),
  delete_message_days: z.number().int().min(0).max(7).nullish(),
  reason: z.string().max(512).nullish(),
})

const memberRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/guilds/:guild_id/members',
    query: z.object({ limit: limit(1), after: Id.default('0') }),
    handler: ({ app, actor, params, query }) => listMembers(app, actor, params.guild_id ?? '', query),
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id/members/search',
    query: z.object({ limit: limit(1), query: z.string().trim().min(1).max(100) }),
    handler: ({ app, actor, params, query }) => searchMembers(app, actor, params.guild_id ?? '', query),
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id/members/:user_id',
    handler: ({ app, actor, params }) =>
      getMember(app, actor, params.guild_id ?? '', selfOr(actor, params.user_id)),
  }),
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id/members/:user_id',
    body: EditedMember,
    handler: ({ app, actor, params, body }) =>
      editMember(app, actor, params.guild_id ?? '', selfOr(actor, params.user_id), {
        nick: body.nick,
        roleIds: body.roles === null ? [] : body.roles,
        mute: body.mute ?? undefined,
        deaf: body.deaf ?? undefined,
        timedOutUntilMs: readTime(body.communication_disabled_until),
        flags: body.flags ?? undefined,
      }),
  }),
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id/members/@me',
    body: z.object({ nick: Nick }),
    handler: ({ app, actor, params, body }) =>
      editMember(app, actor, params.guild_id ?? '', actor.userId, { nick: body.nick }),
  }),
  // The older path, which some libraries still use.
  route({
    method: 'PATCH',
    path: '/guilds/:guild_id/members/@me/nick',
    body: z.object({ nick: Nick }),
    handler: ({ app, actor, params, body }) =>
      editMember(app, actor, params.guild_id ?? '', actor.userId, { nick: body.nick }),
  }),
  route({
    method: 'DELETE',
    path: '/guilds/:guild_id/members/:user_id',
    handler: ({ app, actor, params }) => kickMember(app, actor, params.guild_id ?? '', params.user_id ?? ''),
  }),
  route({
    method: 'PUT',
    path: '/guilds/:guild_id/members/:user_id/roles/:role_id',
    handler: ({ app, actor, params }) =>
      giveRole(app, actor, params.guild_id ?? '', selfOr(actor, params.user_id), params.role_id ?? ''),
  }),
  route({
    method: 'DELETE',
    path: '/guilds/:guild_id/members/:user_id/roles/:role_id',
    handler: ({ app, actor, params }) =>
      takeRole(app, actor, params.guild_id ?? '', selfOr(actor, params.user_id), params.role_id ?? ''),
  }),
]

const banRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/guilds/:guild_id/bans',
    query: z.object({ limit: limit(PAGE), before: Id.optional(), after: Id.optional() }),
    handler: ({ app, actor, params, query }) => listBans(app, actor, params.guild_id ?? '', query),
  }),
  route({
    method: 'GET',
    path: '/guilds/:guild_id/bans/:user_id',
    handler: ({ app, actor, params }) => getBan(app, actor, params.guild_id ?? '', params.user_id ?? ''),
  }),
  route({
    method: 'PUT',
    path: '/guilds/:guild_id/bans/:user_id',
    body: BanBody,
    async handler({ app, actor, params, body, reason }) {
      const { guild_id: guildId = '', user_id: userId = '' } = params
      await banMember(app, actor, guildId, userId, reason ?? body.reason ?? null)
      const seconds = body.delete_message_seconds ?? (body.delete_message_days ?? 0) * 86_400
      if (seconds > 0) await purgeAuthor(app, guildId, userId, app.now() - seconds * 1000)
    },
  }),
  route({
    method: 'DELETE',
    path: '/guilds/:guild_id/bans/:user_id',
    handler: ({ app, actor, params }) => unbanMember(app, actor, params.guild_id ?? '', params.user_id ?? ''),
  }),
]

export const guildMemberRoutes: AnyRoute[] = [...memberRoutes, ...banRoutes]

function selfOr(actor: { userId: string }, userId: string | undefined): string {
  return userId === '@me' ? actor.userId : (userId ?? '')
}

function readTime(text: string | null | undefined): number | null | undefined {
  if (text == null) return text
  // Without a zone it is UTC: what this machine's clock shows is nobody's business.
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`)
}
