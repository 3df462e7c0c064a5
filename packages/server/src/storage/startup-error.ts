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
