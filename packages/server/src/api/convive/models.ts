import { ApiError } from '@convive/protocol/errors'
import { CreateProvider, SetDefaultModel } from '@convive/protocol/models'
import type { Actor, App } from '../../context.ts'
import { ModelError } from '../../models/errors.ts'
import { type AnyRoute, route } from '../route.ts'

/** Base models serve the whole instance, so only its owner adds them; everybody may see what there is to choose. */
export const modelRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/models',
    auth: 'person',
    async handler({ app, actor }) {
      const list = await app.models.listModels()
      const owner = (await app.users.get(actor.userId)).isInstanceOwner
      // Addresses of this machine's network are the owner's business.
      return owner ? list : { ...list, ollama_found: null, unreachable: [] }
    },
  }),
  route({
    method: 'PUT',
    path: '/models/default',
    auth: 'person',
    body: SetDefaultModel,
    async handler({ app, actor, body }) {
      await requireInstanceOwner(app, actor)
      try {
        await app.models.setDefaultModel(body.model)
      } catch (error) {
        if (error instanceof ModelError) throw new ApiError('UnknownModel')
        throw error
      }
      return app.models.listModels()
    },
  }),
  route({
    method: 'GET',
    path: '/providers',
    auth: 'person',
    async handler({ app, actor }) {
      await requireInstanceOwner(app, actor)
      return app.models.listProviders()
    },
  }),
  route({
    method: 'POST',
    path: '/providers',
    auth: 'person',
    rate: { limit: 20, windowMs: 60_000 },
    body: CreateProvider,
    status: 201,
    async handler({ app, actor, body, signal }) {
      await requireInstanceOwner(app, actor)
      const added = await app.models.addProvider(
        {
          kind: body.kind,
          name: body.name,
          baseUrl: body.base_url ?? null,
          apiKey: body.api_key ?? null,
          ...(body.model !== undefined && { options: { model: body.model } }),
        },
        signal,
      )
      if (!added.ok) throw new ApiError('ProviderFailed', { message: added.message })
      return added.provider
    },
  }),
  route({
    method: 'DELETE',
    path: '/providers/:provider_id',
    auth: 'person',
    async handler({ app, actor, params }) {
      await requireInstanceOwner(app, actor)
      if (!(await app.models.removeProvider(params.provider_id ?? ''))) throw new ApiError('UnknownProvider')
    },
  }),
]

async function requireInstanceOwner(app: App, actor: Actor): Promise<void> {
  if (!(await app.users.get(actor.userId)).isInstanceOwner) throw new ApiError('OnlyInstanceOwner')
}
