/** Something the operator has to put right before Convive can start. The message is one line, for them, no stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'part of the path is a file, not a folder',
  EEXIST: 'a file is in the way',
  ENOENT: 'no such file',
}

/** Turns a failed file operation into a StartupError that says what was tried; anything else passes through. */
export function startupErrorFrom(cause: unknown, attempt: string): unknown {
  const reason = reasons[errorCode(cause)]
  return reason === undefined ? cause : new StartupError(`${attempt}: ${reason}.`, { cause })
}

/** The system's code of an error (`ENOENT`), or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Says in one line why a start failed at the database; what is no error of the database passes through. */
export function databaseError(cause: unknown, url = ''): unknown {
  if (!(cause instanceof Error) || cause instanceof StartupError) return cause
  const code = errorCode(cause)
  const where = URL.parse(url)?.host ?? 'an address that cannot be read'
  // Several addresses of one name fail as one error without words.
  const why = (cause.message || code).split('\n')[0]
  const options = { cause }
  if (/^(28|3D)/.test(code))
    return new StartupError(`the database at ${where} lets nobody in: ${why} (DATABASE_URL)`, options)
  if (/^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code) && /^\d/.test(code))
    return new StartupError(`the database at ${where} cannot be brought up to date: ${why}`, options)
  return new StartupError(`cannot reach the database at ${where}: ${why} (DATABASE_URL)`, options)
}
