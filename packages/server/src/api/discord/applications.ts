import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import { applicationToWire, privateApplicationToWire } from '../../accounts/application-wire.ts'
import {
  createApplication,
  editApplication,
  getApplication,
  getOwnApplication,
  listApplications,
  resetBotToken,
} from '../../accounts/applications.ts'
import type { Actor, App } from '../../context.ts'
import { deleteApplication } from '../../guilds/bots.ts'
import { saveImage } from '../../storage/images.ts'
import { type AnyRoute, route } from '../route.ts'

const DESCRIPTION_CHARS = 400
const IMAGE_CHARS = 12 * 1024 * 1024

const name = z.string().trim().min(2).max(LIMITS.usernameChars)
const CreateBody = z.object({ name })
// Discord writes a description as a string, or as an object of translations, of which we keep the default.
const Description = z
  .union([z.string(), z.object({ default: z.string() }).transform((text) => text.default), z.null()])
  .transform((text) => text ?? '')
  .pipe(z.string().max(DESCRIPTION_CHARS))
const EditBody = z.object({
  name: name.optional(),
  description: Description.optional(),
  icon: z.string().max(IMAGE_CHARS).nullish(),
  bot_public: z.boolean().optional(),
  flags: z.number().int().min(0).optional(),
})

export const applicationRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/applications',
    auth: 'person',
    handler: async ({ app, actor }) =>
      Promise.all((await listApplications(app, actor)).map((row) => privateApplicationToWire(app, row))),
  }),
  route({
    method: 'POST',
    path: '/applications',
    auth: 'person',
    body: CreateBody,
    status: 201,
    handler: async ({ app, actor, body }) =>
      privateApplicationToWire(app, await createApplication(app, actor, body.name)),
  }),
  route({
    method: 'GET',
    path: '/applications/@me',
    auth: 'bot',
    handler: async ({ app, actor }) =>
      privateApplicationToWire(app, await getOwnApplication(app.db, actor, actor.userId)),
  }),
  route({
    method: 'PATCH',
    path: '/applications/@me',
    auth: 'bot',
    body: EditBody,
    handler: ({ app, actor, body }) => edit(app, actor, actor.userId, body),
  }),
  route({
    method: 'GET',
    path: '/applications/:application_id',
    handler: async ({ app, actor, params }) =>
      privateApplicationToWire(app, await getOwnApplication(app.db, actor, params.application_id ?? '')),
  }),
  route({
    method: 'GET',
    path: '/applications/:application_id/rpc',
    handler: async ({ app, params }) =>
      applicationToWire(app, await getApplication(app.db, params.application_id ?? '')),
  }),
  route({
    method: 'PATCH',
    path: '/applications/:application_id',
    body: EditBody,
    handler: ({ app, actor, params, body }) => edit(app, actor, params.application_id ?? '', body),
  }),
  route({
    method: 'DELETE',
    path: '/applications/:application_id',
    auth: 'person',
    handler: ({ app, actor, params }) => deleteApplication(app, actor, params.application_id ?? ''),
  }),
  // What Discord's own pages call.
  route({
    method: 'POST',
    path: '/applications/:application_id/delete',
    auth: 'person',
    handler: ({ app, actor, params }) => deleteApplication(app, actor, params.application_id ?? ''),
  }),
  route({
    method: 'POST',
    path: '/applications/:application_id/bot/reset',
    auth: 'person',
    rate: { limit: 20, windowMs: 60_000 },
    handler: ({ app, actor, params }) => resetBotToken(app, actor, params.application_id ?? ''),
  }),
]

async function edit(app: App, actor: Actor, applicationId: string, body: z.infer<typeof EditBody>) {
  const before = await getOwnApplication(app.db, actor, applicationId)
  const { icon, ...rest } = body
  const changed = icon !== undefined && icon !== before.icon
  const changes = changed ? { ...rest, icon: await saveImage(app, 'app-icons', applicationId, icon) } : rest
  return privateApplicationToWire(app, await editApplication(app, actor, applicationId, changes))
}
