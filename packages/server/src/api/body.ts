import { isUtf8 } from 'node:buffer'
import { ApiError } from '@convive/protocol/errors'
import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { storable } from '../storage/storable.ts'
import { parseJson } from './json.ts'
import type { AnyRoute, UploadedFile } from './route.ts'

const UPLOAD_FILES = 10
const UPLOAD_PARTS = 40
const FIELD_BYTES = 1024 * 1024

/** Teaches the server to read bodies: JSON and multipart. Others reach the route as bytes, and fail its schema. */
export async function addBodyParsers(server: FastifyInstance): Promise<void> {
  await server.register(multipart, {
    limits: { files: UPLOAD_FILES, fieldSize: FIELD_BYTES, parts: UPLOAD_PARTS },
  })
  server.removeContentTypeParser('application/json')
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    try {
      done(null, bytes.length > 0 ? readJson(bytes as Buffer) : undefined)
    } catch (error) {
      done(error as Error)
    }
  })
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body.length ? body : undefined),
  )
}

/** The body as the route is to see it, and the files that came with it. */
export async function readBody(
  request: FastifyRequest,
  route: AnyRoute,
): Promise<{ body: unknown; files: UploadedFile[] }> {
  if (!request.isMultipart()) return { body: request.body, files: [] }
  if (!route.maxUploadBytes) throw new ApiError('InvalidFormBody', { message: 'This route takes no files' })
  try {
    return await readMultipart(request, route.maxUploadBytes)
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (error instanceof ApiError || statusCode !== undefined) throw error
    // What the parser throws of a body that breaks off, or has no boundary, has no code.
    throw new ApiError('InvalidFormBody', { message: (error as Error).message })
  }
}

async function readMultipart(
  request: FastifyRequest,
  mostBytes: number,
): Promise<{ body: unknown; files: UploadedFile[] }> {
  const files: UploadedFile[] = []
  const fields: Record<string, unknown> = {}
  let json: unknown
  let bytes = 0
  for await (const part of request.parts({ limits: { fileSize: mostBytes } })) {
    if (part.type === 'file') {
      const content = await part.toBuffer()
      bytes += content.length
      if (bytes > mostBytes) throw new ApiError('RequestTooLarge')
      files.push({
        field: part.fieldname,
        filename: part.filename || 'file',
        contentType: part.mimetype,
        bytes: content,
      })
    } else if (part.valueTruncated) throw new ApiError('RequestTooLarge')
    else if (part.fieldname === 'payload_json') {
      json = typeof part.value === 'string' ? readText(part.value) : storable(part.value)
    } else fields[part.fieldname] = part.value
  }
  return { body: json ?? storable(fields), files }
}

function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new ApiError('InvalidJson')
  return readText(bytes.toString())
}

function readText(text: string): unknown {
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    throw new ApiError('InvalidJson')
  }
  return storable(value)
}
