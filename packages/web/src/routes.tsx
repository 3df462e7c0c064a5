import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { currentToken } from './connection/token.ts'
import { SignInPage } from './features/account/sign-in-page.tsx'
import { SignUpPage } from './features/account/sign-up-page.tsx'
import { DmMessagePage, DmPage } from './features/friends/dm-pages.tsx'
import { FriendsPage } from './features/friends/friends-page.tsx'
import { HomeLayout } from './features/friends/home-layout.tsx'
import { ChannelPage, GuildIndexPage, GuildLayout, MessagePage } from './features/guilds/guild-pages.tsx'
import { InvitePage } from './features/guilds/invite-page.tsx'
import { BrokenPage } from './features/shell/broken-page.tsx'
import { MissingPage } from './features/shell/missing-page.tsx'
import { Root } from './features/shell/root.tsx'

// The whole URL map. Paths of guilds, channels and messages are Discord's, so that links read the same.

const root = createRootRoute({ component: Root, notFoundComponent: MissingPage, errorComponent: BrokenPage })

interface Next {
  /** Where to go after signing in. */
  next?: string
}
const readNext = (search: Record<string, unknown>): Next =>
  typeof search.next === 'string' && search.next.startsWith('/') && !search.next.startsWith('//')
    ? { next: search.next }
    : {}

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: SignInPage,
  validateSearch: readNext,
})
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  component: SignUpPage,
  validateSearch: readNext,
})

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/channels/@me' })
  },
})

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: Outlet,
  beforeLoad: ({ location }) => {
    if (!currentToken())
      throw redirect({
        to: '/sign-in',
        search: location.href === '/channels/@me' ? {} : { next: location.href },
      })
  },
})

const home = createRoute({ getParentRoute: () => app, id: 'home', component: HomeLayout })
const friends = createRoute({ getParentRoute: () => home, path: '/channels/@me', component: FriendsPage })
const dm = createRoute({ getParentRoute: () => home, path: '/channels/@me/$channelId', component: DmPage })
const dmMessage = createRoute({
  getParentRoute: () => home,
  path: '/channels/@me/$channelId/$messageId',
  component: DmMessagePage,
})

const characters = createRoute({
  getParentRoute: () => home,
  path: '/characters',
  component: lazyRouteComponent(() => import('./features/characters/characters-page.tsx'), 'CharactersPage'),
})
const newCharacter = createRoute({
  getParentRoute: () => home,
  path: '/characters/new',
  component: lazyRouteComponent(() => import('./features/characters/character-page.tsx'), 'NewCharacterPage'),
})
const character = createRoute({
  getParentRoute: () => home,
  path: '/characters/$characterId',
  component: lazyRouteComponent(() => import('./features/characters/character-page.tsx'), 'CharacterPage'),
})

const guild = createRoute({ getParentRoute: () => app, path: '/channels/$guildId', component: GuildLayout })
const guildIndex = createRoute({ getParentRoute: () => guild, path: '/', component: GuildIndexPage })
const channel = createRoute({ getParentRoute: () => guild, path: '$channelId', component: ChannelPage })
const message = createRoute({
  getParentRoute: () => guild,
  path: '$channelId/$messageId',
  component: MessagePage,
})

const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings/$section',
  component: lazyRouteComponent(() => import('./features/settings/settings-page.tsx'), 'SettingsPage'),
})

const invite = createRoute({ getParentRoute: () => root, path: '/invite/$code', component: InvitePage })

interface Authorize {
  client_id?: string
  permissions?: string
  guild_id?: string
}
// The router reads numbers out of the address; ids are longer than a number can hold, so the raw text counts.
const readAuthorize = (): Authorize => {
  const raw = new URLSearchParams(location.search)
  const read = (name: keyof Authorize) => {
    const value = raw.get(name)?.replaceAll('"', '')
    return value ? { [name]: value } : {}
  }
  return { ...read('client_id'), ...read('permissions'), ...read('guild_id') }
}
const authorize = createRoute({
  getParentRoute: () => app,
  path: '/oauth2/authorize',
  validateSearch: readAuthorize,
  component: lazyRouteComponent(() => import('./features/applications/authorize-page.tsx'), 'AuthorizePage'),
})

const tree = root.addChildren([
  index,
  signIn,
  signUp,
  invite,
  app.addChildren([
    home.addChildren([friends, dm, dmMessage, characters, newCharacter, character]),
    guild.addChildren([guildIndex, channel, message]),
    settings,
    authorize,
  ]),
])

/** The router over the map above. */
export function createAppRouter() {
  return createRouter({ routeTree: tree, defaultPreload: 'intent' })
}
