import type { AnyRoute } from '../route.ts'
import { accountRoutes } from './accounts.ts'
import { characterRoutes } from './characters.ts'
import { instanceRoutes } from './instance.ts'
import { modelRoutes } from './models.ts'
import { turnRoutes } from './turns.ts'

/** Everything under /api/convive/v1. */
export const conviveRoutes: AnyRoute[] = [
  ...accountRoutes,
  ...characterRoutes,
  ...instanceRoutes,
  ...modelRoutes,
  ...turnRoutes,
]
