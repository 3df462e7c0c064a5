import type { App } from '../context.ts'
import { CHARACTER_MET_JOB } from '../guilds/private-channels.ts'
import type { JobHandler } from '../jobs/jobs.ts'
import { REPLY_JOB } from '../messages/casting.ts'
import { greet } from './greet.ts'
import { takeTurn } from './reply.ts'
import type { ActiveTurns } from './turns.ts'

/** What characters do in the background. */
export function characterJobs(app: App, active: ActiveTurns): Record<string, JobHandler> {
  return {
    [REPLY_JOB]: (payload, context) => takeTurn(app, active, payload, context),
    [CHARACTER_MET_JOB]: (payload) => greet(app, payload),
  }
}
