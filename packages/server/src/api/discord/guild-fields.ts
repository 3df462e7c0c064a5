import { ALL_PERMISSIONS, type Overwrite } from '@convive/protocol/permissions'
import { isSnowflake } from '@convive/protocol/snowflakes'
import { z } from 'zod'

// What the bodies and queries of guilds, roles, members and channels are made of.

/** An id; some libraries send it as a number. */
export const Id = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(isSnowflake, 'Value is not snowflake.')

/** Permission bits, as a decimal string or a number. Bits that nobody knows are dropped. */
export const Bits = z
  .union([z.string().regex(/^\d{1,20}$/), z.number().int().min(0)])
  .transform((bits) => BigInt(bits) & ALL_PERMISSIONS)

/** A boolean of a query: `true`, `True` (discord.py) or `1`. */
export const Flag = z
  .string()
  .transform((text) => text === '1' || text.toLowerCase() === 'true')
  .default(false)

/** Where a channel or role stands among its like. New ones come after the last, so the column needs room above this. */
export const Position = z.number().int().min(0).max(65_535)

/** A data URI; storage/images.ts looks at what it holds. */
export const ImageData = z.string().nullish()

/** Older libraries name the type instead of numbering it. */
export const OverwriteType = z.union([
  z.literal([0, '0', 'role']).transform(() => 0 as const),
  z.literal([1, '1', 'member']).transform(() => 1 as const),
])

export const Overwrites = z
  .array(
    z
      .object({ id: Id, type: OverwriteType.nullish(), allow: Bits.nullish(), deny: Bits.nullish() })
      .transform(
        ({ id, type, allow, deny }): Overwrite => ({
          id,
          type: type ?? 0,
          allow: allow ?? 0n,
          deny: deny ?? 0n,
        }),
      ),
  )
  .max(100)
  .refine((all) => new Set(all.map((overwrite) => overwrite.id)).size === all.length, 'Ids must be unique.')
