import { hasPermission } from '@convive/protocol/permissions'
import { isSnowflake } from '@convive/protocol/snowflakes'
import type { Access } from '../guilds/access.ts'

/** Who a text calls, by Discord's notation. */
export interface Mentions {
  userIds: string[]
  roleIds: string[]
  everyone: boolean
  here: boolean
}

/** `allowed_mentions` of a request: what of the text's mentions may call anybody. */
export interface AllowedMentions {
  parse?: readonly ('users' | 'roles' | 'everyone')[] | undefined
  users?: readonly string[] | undefined
  roles?: readonly string[] | undefined
  replied_user?: boolean | undefined
}

/** Mentions that count in one message; the rest is text. */
const MOST_MENTIONS = 100

/** Reads mentions from a text: `<@id>`, `<@&id>`, `@everyone`, `@here`; those in code do not count. */
export function parseMentions(content: string): Mentions {
  const text = content.replace(/```[\s\S]*?```|`[^`\n]*`/g, ' ')
  const ids = (pattern: RegExp) =>
    [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))]
      .filter(isSnowflake)
      .slice(0, MOST_MENTIONS)
  return {
    userIds: ids(/<@!?(\d{17,19})>/g),
    roleIds: ids(/<@&(\d{17,19})>/g),
    everyone: /@everyone\b/.test(text),
    here: /@here\b/.test(text),
  }
}

/** What is left of the mentions after the request's own wish and the author's permissions. */
export function allowMentions(mentions: Mentions, allowed: AllowedMentions | null, access: Access): Mentions {
  const mayCallAll = access.kind === 'guild' && hasPermission(access.permissions, 'MentionEveryone')
  const parse = allowed ? (allowed.parse ?? []) : ['users', 'roles', 'everyone']
  const keep = (kind: 'users' | 'roles', ids: string[]) =>
    parse.includes(kind) ? ids : ids.filter((id) => allowed?.[kind]?.includes(id))
  const roles = access.kind === 'guild' ? access.guild.roles : new Map<string, { mentionable: boolean }>()
  return {
    userIds: keep('users', mentions.userIds),
    roleIds: keep('roles', mentions.roleIds).filter(
      (id) => roles.has(id) && (mayCallAll || roles.get(id)?.mentionable),
    ),
    everyone: mentions.everyone && mayCallAll && parse.includes('everyone'),
    here: mentions.here && mayCallAll && parse.includes('everyone'),
  }
}
