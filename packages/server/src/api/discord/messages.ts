import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { hasPermission } from '@convive/protocol/permissions'
import { z } from 'zod'
import { getAccess } from '../../guilds/access.ts'
import type { NewFile } from '../../messages/attachments.ts'
import { bulkDelete, deleteMessage, editMessage, readMessage } from '../../messages/edit.ts'
import { listPins, pinMessage, unpinMessage } from '../../messages/pins.ts'
import { listMessages } from '../../messages/read.ts'
import { sendMessage } from '../../messages/send.ts'
import { startTyping } from '../../messages/typing.ts'
import { type AnyRoute, route, type UploadedFile } from '../route.ts'
import { Id } from './guild-fields.ts'

/** Embeds and components pass through as bots wrote them, within these bounds. */
const EMBED_JSON_CHARS = 12_000
const COMPONENT_JSON_CHARS = 24_000
const bounded = (most: number, items: number) =>
  z
    .array(z.record(z.string(), z.unknown()))
    .max(items)
    .refine((value) => JSON.stringify(value).length <= most, 'Too large.')

const AllowedMentions = z.object({
  parse: z
    .array(z.enum(['users', 'roles', 'everyone']))
    .max(3)
    .optional(),
  users: z.array(Id).max(100).optional(),
  roles: z.array(Id).max(100).optional(),
  replied_user: z.boolean().optional(),
})

const NewMessage = z.object({
  content: z
    .string()
    .max(LIMITS.characterContentChars, `Must be ${LIMITS.messageContentChars} or fewer in length.`)
    .nullish(),
  nonce: z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().max(LIMITS.nonceChars))
    .nullish(),
  enforce_nonce: z.boolean().nullish(),
  tts: z.boolean().nullish(),
  embeds: bounded(EMBED_JSON_CHARS, LIMITS.embedsPerMessage).nullish(),
  embed: z.record(z.string(), z.unknown()).nullish(),
  components: bounded(COMPONENT_JSON_CHARS, 10).nullish(),
  allowed_mentions: AllowedMentions.nullish(),
  message_reference: z
    .object({
      message_id: Id.optional(),
      channel_id: Id.optional(),
      fail_if_not_exists: z.boolean().optional(),
    })
    .nullish(),
  attachments: z
    .array(
      z.object({
        id: Id.optional(),
        description: z.string().max(1024).nullish(),
        filename: z.string().max(260).optional(),
      }),
    )
    .max(LIMITS.attachmentsPerMessage)
    .nullish(),
  flags: z.number().int().min(0).nullish(),
})

const EditedMessage = z.object({
  content: z.string().nullish(),
  embeds: bounded(EMBED_JSON_CHARS, LIMITS.embedsPerMessage).nullish(),
  components: bounded(COMPONENT_JSON_CHARS, 10).nullish(),
  flags: z.number().int().min(0).nullish(),
  attachments: z
    .array(z.object({ id: Id }))
    .max(LIMITS.attachmentsPerMessage)
    .nullish(),
})

const History = z.object({
  before: Id.optional(),
  after: Id.optional(),
  around: Id.optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.historyPage).default(50),
})

const SEND_RATE = { limit: 10, windowMs: 5_000, per: ['channel_id'] }
/** Applications serve many at once; what one bot may do in a room is still bounded. */
const rate = (limit: number, windowMs: number) => ({ limit, windowMs, per: ['channel_id'] })

export const messageRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/channels/:channel_id/messages',
    query: History,
    rate: rate(50, 5_000),
    async handler({ app, actor, params, query }) {
      const access = await getAccess(app, actor, params.channel_id ?? '')
      if (!hasPermission(access.permissions, 'ReadMessageHistory')) return []
      return listMessages(app, actor.userId, access.channelId, query)
    },
  }),
  route({
    method: 'POST',
    path: '/channels/:channel_id/messages',
    body: NewMessage,
    maxUploadBytes: LIMITS.attachmentBytes,
    rate: SEND_RATE,
    handler: ({ app, actor, params, body, files }) =>
      sendMessage(app, actor, {
        channelId: params.channel_id ?? '',
        content: body.content ?? '',
        nonce: body.nonce ?? undefined,
        // The page retries what it is not sure of; Discord leaves the wish to bots.
        enforceNonce: actor.kind === 'person' || body.enforce_nonce === true,
        replyTo: body.message_reference?.message_id
          ? {
              messageId: body.message_reference.message_id,
              failIfNotExists: body.message_reference.fail_if_not_exists ?? true,
            }
          : undefined,
        allowedMentions: body.allowed_mentions ?? undefined,
        embeds: body.embeds ?? (body.embed ? [body.embed] : []),
        components: body.components ?? [],
        files: namedFiles(files, body.attachments ?? []),
        flags: body.flags ?? 0,
        tts: body.tts ?? false,
      }),
  }),
  route({
    method: 'GET',
    path: '/channels/:channel_id/messages/:message_id',
    handler: ({ app, actor, params }) =>
      readMessage(app, actor, params.channel_id ?? '', params.message_id ?? ''),
  }),
  route({
    method: 'PATCH',
    path: '/channels/:channel_id/messages/:message_id',
    body: EditedMessage,
    rate: rate(10, 5_000),
    handler: ({ app, actor, params, body }) =>
      editMessage(app, actor, params.channel_id ?? '', params.message_id ?? '', {
        content: body.content ?? undefined,
        embeds: body.embeds ?? undefined,
        components: body.components ?? undefined,
        flags: body.flags ?? undefined,
        keepAttachments: body.attachments?.map((attachment) => attachment.id),
      }),
  }),
  route({
    method: 'DELETE',
    path: '/channels/:channel_id/messages/:message_id',
    rate: rate(10, 2_000),
    handler: ({ app, actor, params }) =>
      deleteMessage(app, actor, params.channel_id ?? '', params.message_id ?? ''),
  }),
  route({
    method: 'POST',
    path: '/channels/:channel_id/messages/bulk-delete',
    body: z.object({ messages: z.array(Id).max(1000) }),
    rate: rate(5, 5_000),
    handler: ({ app, actor, params, body }) => bulkDelete(app, actor, params.channel_id ?? '', body.messages),
  }),
  route({
    method: 'POST',
    path: '/channels/:channel_id/typing',
    rate: rate(10, 10_000),
    handler: ({ app, actor, params }) => startTyping(app, actor, params.channel_id ?? ''),
  }),
  ...pinRoutes(),
]

function pinRoutes(): AnyRoute[] {
  const pin = { method: 'PUT', rate: rate(10, 5_000) } as const
  const unpin = { method: 'DELETE', rate: rate(10, 5_000) } as const
  return ['/channels/:channel_id/pins/:message_id', '/channels/:channel_id/messages/pins/:message_id']
    .flatMap((path) => [
      route({
        ...pin,
        path,
        handler: ({ app, actor, params }) =>
          pinMessage(app, actor, params.channel_id ?? '', params.message_id ?? ''),
      }),
      route({
        ...unpin,
        path,
        handler: ({ app, actor, params }) =>
          unpinMessage(app, actor, params.channel_id ?? '', params.message_id ?? ''),
      }),
    ])
    .concat(
      route({
        method: 'GET',
        path: '/channels/:channel_id/messages/pins',
        query: z.object({
          before: z.iso.datetime({ offset: true }).optional(),
          limit: z.coerce.number().int().min(1).max(50).default(50),
        }),
        handler: ({ app, actor, params, query }) => listPins(app, actor, params.channel_id ?? '', query),
      }),
      route({
        method: 'GET',
        path: '/channels/:channel_id/pins',
        async handler({ app, actor, params }) {
          const page = await listPins(app, actor, params.channel_id ?? '', { limit: LIMITS.pinsPerChannel })
          return page.items.map((item) => item.message)
        },
      }),
    )
}

/** Files with the descriptions that the payload gives them. Libraries count `files[n]` from 0 or from 1, or say `file0`. */
function namedFiles(
  files: readonly UploadedFile[],
  attachments: readonly {
    id?: string | undefined
    description?: string | null | undefined
    filename?: string | undefined
  }[],
): NewFile[] {
  if (files.length > LIMITS.attachmentsPerMessage) throw new ApiError('RequestTooLarge')
  return files.map((file) => {
    const n = /\d+/.exec(file.field)?.[0]
    const described = attachments.find((attachment) => attachment.id === n)
    return {
      filename: described?.filename ?? file.filename,
      contentType: file.contentType,
      bytes: file.bytes,
      description: described?.description ?? undefined,
    }
  })
}
