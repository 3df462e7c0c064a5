import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Actor, App } from '../context.ts'

/** A file of a multipart request, whole in memory: uploads have a limit, and images are looked at before they are kept. */
export interface UploadedFile {
  field: string
  filename: string
  contentType: string
  bytes: Buffer
}

/** How often one actor (or address, without an account) may call: Discord's buckets. */
export interface RateLimit {
  limit: number
  windowMs: number
  /** Path parameters that have buckets of their own: Discord's "major parameters". */
  per?: readonly string[]
  /** Routes that share a bucket name it. */
  bucket?: string
}

export interface RouteInput<Q, B> {
  app: App
  actor: Actor
  params: Record<string, string>
  query: Q
  body: B
  files: UploadedFile[]
  /** The X-Audit-Log-Reason header, decoded. */
  reason: string | null
  request: FastifyRequest
  reply: FastifyReply
  signal: AbortSignal
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface RouteSpec<Q, B> {
  method: Method
  /** Below the edge's prefix: `/channels/:channel_id/messages`. Parameters named `…_id` must be snowflakes. */
  path: string
  /** Who may call. `nobody`: without an account; then `actor.userId` is ''. Default `anybody`: any account. */
  auth?: 'nobody' | 'anybody' | 'person' | 'bot'
  rate?: RateLimit
  query?: z.ZodType<Q>
  body?: z.ZodType<B>
  /** Whether multipart/form-data is taken, and how large it may be in all. */
  maxUploadBytes?: number
  /** Default 200, or 204 where the handler returns undefined. */
  status?: number
  handler(input: RouteInput<Q, B>): Promise<unknown>
}

export type AnyRoute = RouteSpec<unknown, unknown>

/** Declares a route: who, how often, what shape; then what happens. Types of query and body come from the schemas. */
export function route<Q = Record<string, never>, B = undefined>(spec: RouteSpec<Q, B>): AnyRoute {
  return spec as unknown as AnyRoute
}
