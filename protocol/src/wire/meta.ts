import { MalformedFrame } from './prescan.ts'
import type { OpenMeta } from './types.ts'

/** A whole number from 0 on, as ids and offsets are. */
export function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new MalformedFrame('a number was wanted')
  return value
}

/** The fields of an OPEN: c class, w window, d deadline, k resume key, i idempotency key, t trace, o resume offset. */
export function readMeta({ c, w, d, k, i, t, o }: Record<string, unknown>): OpenMeta {
  return {
    priority: c === 1 || c === 3 ? c : 2,
    ...(typeof w === 'number' && w >= 0 ? { windowBytes: w } : {}),
    ...(typeof d === 'number' && d > 0 ? { deadlineMs: d } : {}),
    ...(k instanceof Uint8Array && k.length === 16 ? { resumeKey: k } : {}),
    ...(i instanceof Uint8Array && i.length === 16 ? { idempotencyKey: i } : {}),
    ...(typeof t === 'string' ? { trace: t.slice(0, 64) } : {}),
    ...(typeof o === 'number' ? { resumeAt: o } : {}),
  }
}
