import type { UserState } from './users.ts'

/** A user as everybody sees it. https://discord.com/developers/docs/resources/user */
export interface WireUser {
  id: string
  username: string
  discriminator: string
  global_name: string | null
  avatar: string | null
  avatar_decoration_data: null
  banner: string | null
  accent_color: number | null
  bot: boolean
  system: boolean
  public_flags: number
  flags: number
  primary_guild: null
  clan: null
  collectibles: null
  convive: { kind: UserState['kind'] }
}

export function userToWire(user: UserState): WireUser {
  return {
    id: user.id,
    username: user.username,
    discriminator: user.kind === 'person' ? '0' : '0000',
    global_name: user.globalName,
    avatar: user.avatar,
    avatar_decoration_data: null,
    banner: user.banner,
    accent_color: user.accentColor,
    bot: user.kind !== 'person',
    system: false,
    public_flags: user.flags,
    flags: user.flags,
    primary_guild: null,
    clan: null,
    collectibles: null,
    convive: { kind: user.kind },
  }
}

/** A user as it sees itself. */
export interface WireSelf extends WireUser {
  bio: string
  locale: string
  mfa_enabled: boolean
  premium_type: number
  email: string | null
  verified: boolean
  phone: null
  nsfw_allowed: boolean
}

/** `email` is null for bots and characters. */
export function selfToWire(user: UserState, email: string | null): WireSelf {
  return {
    ...userToWire(user),
    bio: user.bio,
    locale: user.locale,
    mfa_enabled: false,
    premium_type: 0,
    email,
    verified: true,
    phone: null,
    nsfw_allowed: true,
  }
}
