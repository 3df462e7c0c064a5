import type { AnyRoute } from '../route.ts'
import { applicationRoutes } from './applications.ts'
import { channelRoutes } from './channels.ts'
import { gatewayRoutes } from './gateway.ts'
import { guildChannelRoutes } from './guild-channels.ts'
import { guildMemberRoutes } from './guild-members.ts'
import { guildRoleRoutes } from './guild-roles.ts'
import { guildRoutes } from './guilds.ts'
import { inviteRoutes } from './invites.ts'
import { messageRoutes } from './messages.ts'
import { oauth2Routes } from './oauth2.ts'
import { privateChannelRoutes } from './private-channels.ts'
import { reactionRoutes } from './reactions.ts'
import { readStateRoutes } from './read-states.ts'
import { relationshipRoutes } from './relationships.ts'
import { userRoutes } from './users.ts'

/** Everything under /api/v10. */
export const discordRoutes: AnyRoute[] = [
  ...applicationRoutes,
  ...channelRoutes,
  ...gatewayRoutes,
  ...guildChannelRoutes,
  ...guildMemberRoutes,
  ...guildRoleRoutes,
  ...guildRoutes,
  ...inviteRoutes,
  ...messageRoutes,
  ...oauth2Routes,
  ...privateChannelRoutes,
  ...reactionRoutes,
  ...readStateRoutes,
  ...relationshipRoutes,
  ...userRoutes,
]
