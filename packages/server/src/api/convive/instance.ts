import { routes } from '@convive/protocol/routes'
import { describeInstance } from '../../accounts/instance.ts'
import { type AnyRoute, route } from '../route.ts'

export const instanceRoutes: AnyRoute[] = [
  route({
    method: 'GET',
    path: routes.instance(),
    auth: 'nobody',
    handler: ({ app, actor }) => describeInstance(app, actor),
  }),
]
