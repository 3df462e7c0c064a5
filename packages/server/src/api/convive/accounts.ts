import { SignIn, SignUp } from '@convive/protocol/accounts'
import { routes } from '@convive/protocol/routes'
import type { FastifyRequest } from 'fastify'
import type { Device } from '../../accounts/auth.ts'
import { listSessions, signOut, signOutEverywhere } from '../../accounts/sessions.ts'
import { signIn } from '../../accounts/sign-in.ts'
import { signUp } from '../../accounts/sign-up.ts'
import { type AnyRoute, route } from '../route.ts'

/** Per address. Passwords cost us time: accounts/auth.ts bounds them all together. */
const SIGN_UP_RATE = { limit: 100, windowMs: 60_000 }
const SIGN_IN_RATE = { limit: 100, windowMs: 60_000 }

export const accountRoutes: AnyRoute[] = [
  route({
    method: 'POST',
    path: routes.signUp(),
    auth: 'nobody',
    rate: SIGN_UP_RATE,
    body: SignUp,
    handler: ({ app, body, request }) => signUp(app, deviceOf(request), body),
  }),
  route({
    method: 'POST',
    path: routes.signIn(),
    auth: 'nobody',
    rate: SIGN_IN_RATE,
    body: SignIn,
    handler: ({ app, body, request }) => signIn(app, deviceOf(request), body),
  }),
  route({
    method: 'POST',
    path: routes.signOut(),
    auth: 'person',
    handler: ({ app, actor }) => signOut(app, actor),
  }),
  route({
    method: 'POST',
    path: routes.signOutEverywhere(),
    auth: 'person',
    handler: ({ app, actor }) => signOutEverywhere(app, actor),
  }),
  route({
    method: 'GET',
    path: routes.sessions(),
    auth: 'person',
    handler: ({ app, actor }) => listSessions(app, actor),
  }),
]

function deviceOf(request: FastifyRequest): Device {
  return { ip: request.ip, userAgent: request.headers['user-agent'] ?? null }
}
