import { join } from 'node:path'
import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)
const flag = z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1')

const isKey = (text: string) => Buffer.from(text, 'base64').length === 32
const isAddress = (text: string) => URL.canParse(text.includes('://') ? text : `nats://${text}`)

/** Every setting: the variable that sets it, its default, and what it does. `convive config` prints this table. */
const variables = {
  /** Where everything that is kept lies: database, files, secret key. */
  CONVIVE_DATA: z.string().min(1).default('./data'),
  /** Address to listen on. 0.0.0.0 lets others in; put a TLS proxy before it on the open internet. */
  CONVIVE_HOST: z.string().default('127.0.0.1'),
  /** Port to listen on; 0 picks a free one. */
  CONVIVE_PORT: port.default(4100),
  /** The address people and bots use, if a proxy stands before this server: https://chat.example.org */
  CONVIVE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** How many proxies stand before this server and set X-Forwarded-For; 0 believes no such header. */
  CONVIVE_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  /** Name of this instance, on the sign-in page. */
  CONVIVE_NAME: z.string().min(1).max(80).default('Convive'),
  /** Whether strangers may make accounts. The first account may always be made. */
  CONVIVE_REGISTRATION: flag.default(true),
  /** Whether requests are limited per account. Only for measuring one's own instance. */
  CONVIVE_RATE_LIMITS: flag.default(true),
  /** What this process does: any of api, gateway, jobs. */
  CONVIVE_ROLES: z.string().default('api,gateway,jobs'),
  /** 32 bytes, base64: seals keys and signs links. Left out, one is made and kept in the data folder; several nodes need the same. */
  CONVIVE_SECRET: z.base64().refine(isKey, 'Must be 32 bytes in base64: openssl rand -base64 32').optional(),
  /** PostgreSQL 15 to 18. Left out, our own is started in the data folder. */
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'Must look like postgres://user:password@host:5432/name' })
    .optional(),
  /** Most connections to PostgreSQL from this process. */
  CONVIVE_DATABASE_POOL: z.coerce.number().int().min(4).max(200).default(28),
  /** NATS between several nodes. Left out, this process is alone. */
  NATS_URL: z.string().refine(isAddress, 'Must look like nats://host:4222').optional(),
  /** trace, debug, info, warn, error or silent. */
  CONVIVE_LOG: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Whether the bundled models may be used. */
  CONVIVE_BUNDLED_MODEL: flag.default(true),
  /** `provider/model` that characters use unless they name another. */
  CONVIVE_DEFAULT_MODEL: z.string().optional(),
  /** Where Ollama is looked for. */
  OLLAMA_URL: z.url().default('http://127.0.0.1:11434'),
  /** Any endpoint that speaks OpenAI's protocol. */
  OPENAI_BASE_URL: z.url().optional(),
  /** Key for OPENAI_BASE_URL, or for OpenAI itself where that is left out. */
  OPENAI_API_KEY: z.string().optional(),
  /** Model of that endpoint, if it cannot list its models. */
  OPENAI_MODEL: z.string().optional(),
  /** Key for Anthropic. */
  ANTHROPIC_API_KEY: z.string().optional(),
  /** Key for Google's Gemini. */
  GOOGLE_GENERATIVE_AI_API_KEY: z.string().optional(),
} as const

const Environment = z.object(variables)

export type Role = 'api' | 'gateway' | 'jobs'

/** What the server is told at its start. Nothing else reads the environment. */
export interface Config {
  name: string
  dataDir: string
  http: { host: string; port: number; publicUrl: string | null; proxies: number }
  registrationOpen: boolean
  rateLimits: boolean
  roles: ReadonlySet<Role>
  secret: string | null
  database: { url: string | null; poolSize: number }
  natsUrl: string | null
  logLevel: string
  models: {
    bundled: boolean
    defaultModel: string | null
    ollamaUrl: string
    openai: { baseUrl: string; apiKey: string | null; model: string | null } | null
    anthropicApiKey: string | null
    googleApiKey: string | null
  }
  /** Times that tests shorten. */
  timing: {
    heartbeatIntervalMs: number
    /** How long a cut session can be resumed. */
    resumeWindowMs: number
    helloDelayMs: number
    /** A character waits this long before it begins, so that people who write on are heard out. */
    characterPauseMs: number
    firstTokenTimeoutMs: number
    idleTokenTimeoutMs: number
    outboxSweepMs: number
  }
}

/** A start that failed for a reason the owner can mend: one line, no stack. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** Reads the environment once, at boot. Throws ConfigError with one line per wrong variable. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(present)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(lines.join('\n'))
  }
  const v = parsed.data
  const openai = v.OPENAI_BASE_URL ?? (v.OPENAI_API_KEY ? 'https://api.openai.com/v1' : null)
  return {
    name: v.CONVIVE_NAME,
    dataDir: v.CONVIVE_DATA,
    http: {
      host: v.CONVIVE_HOST,
      port: v.CONVIVE_PORT,
      publicUrl: v.CONVIVE_URL?.replace(/\/+$/, '') ?? null,
      proxies: v.CONVIVE_PROXIES,
    },
    registrationOpen: v.CONVIVE_REGISTRATION,
    rateLimits: v.CONVIVE_RATE_LIMITS,
    roles: readRoles(v.CONVIVE_ROLES),
    secret: v.CONVIVE_SECRET ?? null,
    database: { url: v.DATABASE_URL ?? null, poolSize: v.CONVIVE_DATABASE_POOL },
    natsUrl: v.NATS_URL ?? null,
    logLevel: v.CONVIVE_LOG,
    models: {
      bundled: v.CONVIVE_BUNDLED_MODEL,
      defaultModel: v.CONVIVE_DEFAULT_MODEL ?? null,
      ollamaUrl: v.OLLAMA_URL.replace(/\/+$/, ''),
      openai: openai
        ? { baseUrl: openai, apiKey: v.OPENAI_API_KEY ?? null, model: v.OPENAI_MODEL ?? null }
        : null,
      anthropicApiKey: v.ANTHROPIC_API_KEY ?? null,
      googleApiKey: v.GOOGLE_GENERATIVE_AI_API_KEY ?? null,
    },
    timing: {
      heartbeatIntervalMs: 41_250,
      resumeWindowMs: 120_000,
      helloDelayMs: 40,
      characterPauseMs: 0,
      firstTokenTimeoutMs: 60_000,
      idleTokenTimeoutMs: 30_000,
      outboxSweepMs: 5_000,
    },
  }
}

/** Where a kind of data lies. */
export function dataPath(config: Config, ...parts: string[]): string {
  return join(config.dataDir, ...parts)
}

function readRoles(text: string): ReadonlySet<Role> {
  const roles = text.split(',').map((role) => role.trim())
  const known = roles.filter((role): role is Role => role === 'api' || role === 'gateway' || role === 'jobs')
  if (known.length === 0 || known.length !== roles.length)
    throw new ConfigError(`CONVIVE_ROLES: take any of api, gateway, jobs, not "${text}"`)
  return new Set(known)
}
