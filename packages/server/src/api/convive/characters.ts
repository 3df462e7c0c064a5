import { CreateCharacter, type TrialEvent, TrialRequest, UpdateCharacter } from '@convive/protocol/characters'
import { ApiError } from '@convive/protocol/errors'
import { LIMITS } from '@convive/protocol/limits'
import { z } from 'zod'
import {
  addToGuild,
  createCharacter,
  deleteCharacter,
  getCharacter,
  listCharacters,
  updateCharacter,
} from '../../characters/characters.ts'
import { exportCharacter } from '../../characters/export.ts'
import { importCharacter } from '../../characters/import.ts'
import { tryDefinition } from '../../characters/trial.ts'
import { type AnyRoute, route } from '../route.ts'

const WRITE_RATE = { limit: 20, windowMs: 60_000, bucket: 'characters' }

export const characterRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: '/characters',
    auth: 'person',
    handler: ({ app, actor }) => listCharacters(app, actor),
  }),
  route({
    method: 'POST',
    path: '/characters',
    auth: 'person',
    rate: WRITE_RATE,
    body: CreateCharacter,
    status: 201,
    handler: ({ app, actor, body }) => createCharacter(app, actor, body),
  }),
  route({
    method: 'POST',
    path: '/characters/import',
    auth: 'person',
    rate: WRITE_RATE,
    maxUploadBytes: LIMITS.cardBytes,
    status: 201,
    handler({ app, actor, files }) {
      const file = files[0]
      if (!file) throw new ApiError('NotACard', { message: 'There is no file in the request' })
      return importCharacter(app, actor, file)
    },
  }),
  route({
    method: 'POST',
    path: '/characters/trial',
    auth: 'person',
    rate: { limit: 30, windowMs: 60_000 },
    body: TrialRequest,
    async handler({ app, actor, body, reply, signal }) {
      reply.hijack()
      reply.raw.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      const emit = (event: TrialEvent) => void reply.raw.write(`data: ${JSON.stringify(event)}\n\n`)
      try {
        await tryDefinition(app, actor, body, emit, signal)
      } catch (err) {
        // The answer has begun: its end must say what a status no longer can.
        app.log.error({ err }, 'a trial failed by our own mistake')
        emit({ type: 'failed', failure: 'Failed', model: '' })
      } finally {
        reply.raw.end()
      }
    },
  }),
  route({
    method: 'GET',
    path: '/characters/:character_id',
    auth: 'person',
    handler: ({ app, actor, params }) => getCharacter(app, actor, params.character_id ?? ''),
  }),
  route({
    method: 'GET',
    path: '/characters/:character_id/card',
    auth: 'person',
    rate: WRITE_RATE,
    query: z.object({ format: z.enum(['png', 'json']).default('png') }),
    async handler({ app, actor, params, query, reply }) {
      const card = await exportCharacter(app, actor, params.character_id ?? '', query.format)
      reply.header('content-disposition', `attachment; filename="character.${query.format}"`)
      await reply.header('content-type', card.contentType).send(card.bytes)
    },
  }),
  route({
    method: 'PATCH',
    path: '/characters/:character_id',
    auth: 'person',
    rate: WRITE_RATE,
    body: UpdateCharacter,
    handler: ({ app, actor, params, body }) => updateCharacter(app, actor, params.character_id ?? '', body),
  }),
  route({
    method: 'DELETE',
    path: '/characters/:character_id',
    auth: 'person',
    rate: WRITE_RATE,
    handler: ({ app, actor, params }) => deleteCharacter(app, actor, params.character_id ?? ''),
  }),
  route({
    method: 'PUT',
    path: '/guilds/:guild_id/characters/:character_id',
    auth: 'person',
    handler: ({ app, actor, params }) =>
      addToGuild(app, actor, params.guild_id ?? '', params.character_id ?? ''),
  }),
]
