import type { OpenMeta } from './types.ts'

interface Fields {
  c?: 1 | 2 | 3
  w?: number
  d?: number
  k?: Uint8Array
  i?: Uint8Array
  t?: string
  o?: number
  n?: number
  z?: boolean
}

/** The fields of an OPEN, whose types were checked: c class, w window, d deadline, k resume key, i idempotency key, t trace, o resume offset, n not after, z takes packed items. */
export function readMeta({ c, w, d, k, i, t, o, n, z }: Fields): OpenMeta {
  return {
    priority: c ?? 2,
    // Absolute on the wire, as all offsets are.
    ...(w === undefined ? {} : { windowBytes: Math.max(0, w - (o ?? 0)) }),
    ...(d === undefined || d === 0 ? {} : { deadlineMs: d }),
    ...(k === undefined ? {} : { resumeKey: k }),
    ...(i === undefined ? {} : { idempotencyKey: i }),
    ...(t === undefined ? {} : { trace: t.slice(0, 64) }),
    ...(o === undefined ? {} : { resumeAt: o }),
    ...(n === undefined ? {} : { notAfterMs: n }),
    ...(z === true ? { takesPacked: true } : {}),
  }
}

/** `granted` and `offset` are absolute; an offset says that the stream was open before. */
export function writeMeta(meta: OpenMeta, granted: number, offset: number | undefined): Record<string, unknown> {
  const fields: Fields = { c: meta.priority ?? 2, w: granted }
  if (meta.deadlineMs !== undefined && meta.deadlineMs > 0) fields.d = meta.deadlineMs
  if (meta.resumeKey !== undefined) fields.k = meta.resumeKey
  if (meta.idempotencyKey !== undefined) fields.i = meta.idempotencyKey
  if (meta.trace !== undefined) fields.t = meta.trace
  if (offset !== undefined) fields.o = offset
  if (meta.notAfterMs !== undefined) fields.n = meta.notAfterMs
  if (meta.takesPacked === true) fields.z = true
  return fields as Record<string, unknown>
}
