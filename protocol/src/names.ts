import * as z from 'zod/mini'

/** What people call things that they make: 1 to 64 characters in composed form, none that is not to be seen. */
export const NewName = z.string().check(
  z.normalize('NFC'),
  z.trim(),
  z.minLength(1),
  z.maxLength(64),
  z.refine((name) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name), 'holds a character that cannot be seen; type it anew'),
)
