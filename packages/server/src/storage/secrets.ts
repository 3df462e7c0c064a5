import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, StartupError, startupErrorFrom } from './startup-error.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export interface Secrets {
  /** AES-256-GCM. `context` names what it is for: sealed for one place, it does not open in another. */
  seal(plain: string, context: string): Buffer
  /** Throws if the bytes were changed, or sealed for another context or with another key. */
  open(sealed: Buffer, context: string): string
  /** A short signature of a text, for links that need no account. */
  sign(text: string): string
  verify(text: string, signature: string): boolean
  /** For parties that want a secret of their own (better-auth). */
  derive(purpose: string): string
}

/** The instance's one key: from the environment, or made once and kept in `path`, readable by its owner only. */
export async function loadSecrets(given: string | null, path: string): Promise<Secrets> {
  const key = given ? Buffer.from(given, 'base64') : await readOrMakeKey(path)
  if (key.length !== KEY_BYTES)
    throw new StartupError(
      `the secret key ${given ? 'CONVIVE_SECRET' : path} must be ${KEY_BYTES} bytes in base64, not ${key.length}`,
    )
  return createSecrets(key)
}

export function createSecrets(key: Buffer): Secrets {
  const mac = (purpose: string, text: string) => createHmac('sha256', key).update(`${purpose}\0${text}`)
  const secrets: Secrets = {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), body])
    },
    open(sealed, context) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
      return (
        decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      )
    },
    sign: (text) => mac('sign', text).digest('hex').slice(0, 32),
    verify(text, signature) {
      const expected = Buffer.from(secrets.sign(text))
      const given = Buffer.from(signature)
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
    derive: (purpose) => mac('derive', purpose).digest('base64'),
  }
  return secrets
}

async function readOrMakeKey(path: string): Promise<Buffer> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await makeKey(path)
    return Buffer.from(await readFile(path, 'utf8'), 'base64')
  } catch (cause) {
    throw startupErrorFrom(cause, `Cannot keep the secret key in ${path}`)
  }
}

/** Makes the file unless it is there: whole or not at all, and the same for all who start at once. */
async function makeKey(path: string): Promise<void> {
  if (await stat(path).catch(() => null)) return
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  await writeFile(draft, randomBytes(KEY_BYTES).toString('base64'), { mode: 0o600, flush: true })
  await link(draft, path).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error
  })
  await unlink(draft)
}
