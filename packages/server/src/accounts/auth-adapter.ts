import { ApiError } from '@convive/protocol/errors'
import type { BetterAuthOptions } from 'better-auth'
import { createAdapterFactory, type DBAdapter } from 'better-auth/adapters'
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import type { Database, Queryable } from '../storage/database.ts'
import { hashSessionToken } from './tokens.ts'

type Row = Record<string, unknown>
/** better-auth names tables and columns itself; types hold at its edge, not here. */
type AnyTables = Record<string, Row>

interface Condition {
  field: string
  value: unknown
  operator: string | undefined
  connector: 'AND' | 'OR' | undefined
}

const COMPARISONS = {
  eq: '=',
  ne: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  in: 'in',
  not_in: 'not in',
} as const
/** Key of the advisory lock that makes sign-ups to an instance without an owner wait for one another. */
const FIRST_ACCOUNT_LOCK = 1_129_206_359

/**
 * better-auth's door to our tables. Two things differ from its own: an account is a row of `users` first, whose id it
 * takes, and a session's token is stored as its SHA-256.
 */
export function createAuthAdapter(db: Database, rules: { registrationOpen: boolean }) {
  return (options: BetterAuthOptions) => {
    const over = (on: Queryable, failures: unknown[] | null, inTransaction: boolean): DBAdapter =>
      createAdapterFactory({
        config: {
          adapterId: 'convive',
          supportsNumericIds: false,
          supportsJSON: true,
          disableIdGeneration: true,
          transaction: inTransaction
            ? false
            : (work) =>
                db.transact(async (tx) => {
                  // better-auth hides why a write failed; the reason is thrown in the place of its answer.
                  const reasons: unknown[] = []
                  try {
                    return await work(over(tx, reasons, true))
                  } catch (error) {
                    throw reasons[0] ?? error
                  }
                }),
        },
        adapter: () => {
          const tables = on as unknown as Kysely<AnyTables>
          return { ...readMethods(tables), ...writeMethods(tables, rules, failures) }
        },
      })(options)
    return over(db, null, false)
  }
}

function readMethods(db: Kysely<AnyTables>) {
  return {
    async findOne<T>({ model, where }: { model: string; where: Condition[] }): Promise<T | null> {
      const row = await db
        .selectFrom(model)
        .selectAll()
        .where(matching(model, where))
        .limit(1)
        .executeTakeFirst()
      return (row as T | undefined) ?? null
    },
    async findMany<T>(query: {
      model: string
      where?: Condition[] | undefined
      limit: number
      sortBy?: { field: string; direction: 'asc' | 'desc' } | undefined
      offset?: number | undefined
    }): Promise<T[]> {
      let select = db
        .selectFrom(query.model)
        .selectAll()
        .where(matching(query.model, query.where ?? []))
      if (query.sortBy) select = select.orderBy(query.sortBy.field, query.sortBy.direction)
      return (await select
        .limit(query.limit)
        .offset(query.offset ?? 0)
        .execute()) as T[]
    },
    async count({ model, where }: { model: string; where?: Condition[] | undefined }): Promise<number> {
      const counted = db
        .selectFrom(model)
        .select(sql<string>`count(*)`.as('count'))
        .where(matching(model, where ?? []))
      return Number((await counted.executeTakeFirstOrThrow()).count)
    },
  }
}

function writeMethods(
  db: Kysely<AnyTables>,
  rules: { registrationOpen: boolean },
  failures: unknown[] | null,
) {
  return {
    async create<T extends Row>({ model, data }: { model: string; data: T }): Promise<T> {
      try {
        const values =
          model === 'auth_users' ? { ...data, id: await insertUser(db, data, rules) } : stored(model, data)
        const row = await db.insertInto(model).values(values).returningAll().executeTakeFirstOrThrow()
        return (model === 'auth_sessions' ? { ...row, token: data.token } : row) as unknown as T
      } catch (error) {
        failures?.push(error)
        throw error
      }
    },
    async update<T>({
      model,
      where,
      update,
    }: {
      model: string
      where: Condition[]
      update: T
    }): Promise<T | null> {
      const changed = db
        .updateTable(model)
        .set(stored(model, update as Row))
        .where(matching(model, where))
      return ((await changed.returningAll().executeTakeFirst()) as T | undefined) ?? null
    },
    async updateMany({
      model,
      where,
      update,
    }: {
      model: string
      where: Condition[]
      update: Row
    }): Promise<number> {
      const changed = db.updateTable(model).set(stored(model, update)).where(matching(model, where))
      return Number((await changed.executeTakeFirst()).numUpdatedRows)
    },
    async delete({ model, where }: { model: string; where: Condition[] }): Promise<void> {
      await db.deleteFrom(model).where(matching(model, where)).execute()
    },
    async deleteMany({ model, where }: { model: string; where: Condition[] }): Promise<number> {
      return Number(
        (await db.deleteFrom(model).where(matching(model, where)).executeTakeFirst()).numDeletedRows,
      )
    },
  }
}

/** Makes the account itself. The first person owns the instance, and may come even where strangers may not. */
async function insertUser(
  db: Kysely<AnyTables>,
  auth: Row,
  rules: { registrationOpen: boolean },
): Promise<string> {
  let hasOwner = await findOwner(db)
  if (!hasOwner) {
    await sql`SELECT pg_advisory_xact_lock(${FIRST_ACCOUNT_LOCK})`.execute(db)
    hasOwner = await findOwner(db)
  }
  if (hasOwner && !rules.registrationOpen) throw new ApiError('RegistrationClosed')
  const values = {
    kind: 'person',
    username: auth.username,
    global_name: auth.name === auth.username ? null : auth.name,
    is_instance_owner: !hasOwner,
  }
  const row = await db.insertInto('users').values(values).returning('id').executeTakeFirstOrThrow()
  return row.id as string
}

async function findOwner(db: Kysely<AnyTables>): Promise<boolean> {
  const owner = db.selectFrom('users').select('id').where('is_instance_owner', '=', true)
  return (await owner.executeTakeFirst()) !== undefined
}

function stored(model: string, data: Row): Row {
  return model === 'auth_sessions' && typeof data.token === 'string'
    ? { ...data, token: hashSessionToken(data.token) }
    : data
}

/** better-auth's conditions: those joined by AND all hold, and one of those joined by OR. */
function matching(model: string, where: readonly Condition[]) {
  return (eb: ExpressionBuilder<AnyTables, string>): Expression<SqlBool> => {
    const expressions = (connector: 'AND' | 'OR') =>
      where
        .filter((condition) => condition.connector === connector)
        .map((condition) => compare(eb, model, condition))
    const any = expressions('OR')
    return eb.and([...expressions('AND'), ...(any.length > 0 ? [eb.or(any)] : [])])
  }
}

function compare(
  eb: ExpressionBuilder<AnyTables, string>,
  model: string,
  condition: Condition,
): Expression<SqlBool> {
  const { field, value, operator = 'eq' } = condition
  const comparison = COMPARISONS[operator as keyof typeof COMPARISONS]
  if (!comparison) throw new Error(`better-auth asks for "${operator}", which its tables here do not answer`)
  if (value === null) return eb(field, comparison === '<>' ? 'is not' : 'is', null)
  const hashes = model === 'auth_sessions' && field === 'token'
  const hashed = (text: unknown) => (hashes && typeof text === 'string' ? hashSessionToken(text) : text)
  return eb(field, comparison, Array.isArray(value) ? value.map(hashed) : hashed(value))
}
