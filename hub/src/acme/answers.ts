import * as z from 'zod/mini'
import { fault } from './problem.ts'

// What an authority may answer. It is nobody's friend: lengths, counts and addresses are held before anything is done with them.

/** No other scheme: an answer that was changed on the way would lead the hub anywhere. */
const Address = z.string().check(
  z.maxLength(2048),
  z.refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).username === ''),
)
const Text = z.string().check(z.maxLength(10_000))
const Problem = z.object({
  type: z.optional(Text),
  detail: z.optional(Text),
  subproblems: z.optional(z.array(z.object({ type: z.optional(Text), detail: z.optional(Text) })).check(z.maxLength(100))),
})

export const Directory = z.object({
  newNonce: Address,
  newAccount: Address,
  newOrder: Address,
  renewalInfo: z.optional(Address),
  meta: z.optional(z.object({ termsOfService: z.optional(Text), externalAccountRequired: z.optional(z.boolean()) })),
})
export type Directory = z.infer<typeof Directory>

export const Order = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(Address).check(z.maxLength(100)),
  finalize: Address,
  certificate: z.optional(Address),
  error: z.optional(Problem),
})
export type Order = z.infer<typeof Order>

const Challenge = z.object({ type: Text, url: Address, status: z.optional(Text), token: z.optional(Text), error: z.optional(Problem) })

export const Authorization = z.object({
  identifier: z.object({ type: Text, value: Text }),
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  challenges: z.array(Challenge).check(z.maxLength(20)),
})
export type Authorization = z.infer<typeof Authorization>

export const RenewalInfo = z.object({
  suggestedWindow: z.object({ start: z.string().check(z.maxLength(64)), end: z.string().check(z.maxLength(64)) }),
})

export const ProblemAnswer = Problem
export const AccountAnswer = z.object({ status: Text })

/** Throws `answer` for what is not so. */
export async function readAnswer<T>(schema: z.ZodMiniType<T>, answer: Response, what: string): Promise<T> {
  let value: unknown
  try {
    value = await answer.json()
  } catch (cause) {
    throw fault('answer', `${what} is no JSON`, { cause })
  }
  const read = schema.safeParse(value)
  if (read.success) return read.data
  // The path alone: a value may be anything.
  throw fault('answer', `${what} is not as it should be at "${read.error.issues[0]?.path.join('.') ?? ''}"`)
}

/** From a header: seconds or a date; 0 for neither, a month at most. */
export function retryMsOf(answer: Response, nowMs: number): number {
  const text = answer.headers.get('retry-after') ?? ''
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 31 * 86_400_000) : 0
}
