import { MalformedFrame } from './prescan.ts'
import type { OpenMeta } from './types.ts'

/** A whole number from 0 on, as ids and offsets are. */
export function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new MalformedFrame('a number was wanted')
  return value
}

/** The fields of an OPEN: c class, w window, d deadline, k resume key, i idempotency key, t trace, o resume offset. */
export function readMeta({ c, w, d, k, i, t, o }: Record<string, unknown>): OpenMeta {
  const offset = o === undefined ? 0 : number(o)
  return {
    priority: c === 1 || c === 3 ? c : 2,
    // Absolute on the wire, as all offsets are.
    ...(typeof w === 'number' ? { windowBytes: Math.max(0, w - offset) } : {}),
    ...(typeof d === 'number' && d > 0 ? { deadlineMs: d } : {}),
    ...(k instanceof Uint8Array && k.length === 16 ? { resumeKey: k } : {}),
    ...(i instanceof Uint8Array && i.length === 16 ? { idempotencyKey: i } : {}),
    ...(typeof t === 'string' ? { trace: t.slice(0, 64) } : {}),
    ...(o === undefined ? {} : { resumeAt: offset }),
  }
}

/** `granted` and `offset` are absolute; an offset says that the stream was open before. */
export function writeMeta(meta: OpenMeta, granted: number, offset: number | undefined): Record<string, unknown> {
  const fields: Record<string, unknown> = { c: meta.priority ?? 2, w: granted }
  if (meta.deadlineMs !== undefined && meta.deadlineMs > 0) fields['d'] = meta.deadlineMs
  if (meta.resumeKey !== undefined) fields['k'] = meta.resumeKey
  if (meta.idempotencyKey !== undefined) fields['i'] = meta.idempotencyKey
  if (meta.trace !== undefined) fields['t'] = meta.trace
  if (offset !== undefined) fields['o'] = offset
  return fields
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
