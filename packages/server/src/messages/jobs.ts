import type { App } from '../context.ts'
import type { JobHandler } from '../jobs/jobs.ts'
import { DELETE_FILES_JOB, deleteFiles } from './attachments.ts'

/** What messages leave to be done in the background. */
export function messageJobs(app: App): Record<string, JobHandler> {
  return { [DELETE_FILES_JOB]: (payload) => deleteFiles(app, payload) }
}
