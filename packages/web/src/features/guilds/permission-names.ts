import type { PermissionName } from '@convive/protocol/permissions'

/** What a role can be given, in groups as the editor shows them. */
export const ROLE_PERMISSIONS = [
  {
    key: 'general',
    names: [
      'ViewChannel',
      'ManageChannels',
      'ManageRoles',
      'ManageGuild',
      'CreateInstantInvite',
      'Administrator',
    ],
  },
  {
    key: 'members',
    names: ['ChangeNickname', 'ManageNicknames', 'KickMembers', 'BanMembers', 'ModerateMembers'],
  },
  {
    key: 'text',
    names: [
      'SendMessages',
      'ReadMessageHistory',
      'AttachFiles',
      'EmbedLinks',
      'AddReactions',
      'MentionEveryone',
      'PinMessages',
      'ManageMessages',
      'ManageWebhooks',
    ],
  },
] as const satisfies { key: string; names: PermissionName[] }[]

/** What a channel can allow or deny to a role. */
export const CHANNEL_PERMISSIONS = [
  'ViewChannel',
  'SendMessages',
  'ReadMessageHistory',
  'AttachFiles',
  'AddReactions',
  'MentionEveryone',
  'PinMessages',
  'ManageMessages',
  'ManageChannels',
] as const satisfies PermissionName[]
