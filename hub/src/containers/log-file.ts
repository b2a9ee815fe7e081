import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { LogFileInput } from '@fairlead/protocol/features/containers.ts'
import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import type * as z from 'zod/mini'
import type { HubContext } from '../base/access.ts'
import type { Fleet } from '../fleet/fleet.ts'

type Input = z.output<typeof LogFileInput>
type Context = Pick<HubContext, 'host' | 'saveAs'> & { readonly signal: AbortSignal; readonly trace: string }

/** A log until now as the bytes of a text file, batch by batch. Throws when it may not be whole. */
export async function* readLogFile(
  { onHost, find }: Pick<Fleet, 'onHost' | 'find'>,
  { timestamps, ...input }: Input,
  { host, signal, trace, saveAs }: Context,
): AsyncGenerator<Uint8Array> {
  if (input.sinceMs !== undefined && input.untilMs !== undefined && input.sinceMs > input.untilMs)
    throw new FairleadError('invalid_input', 'The end of this part of the log is before its beginning.', { details: { field: 'untilMs' } })
  const { containers } = onHost(host)
  const { name } = await containers.get({ id: input.id }, { signal, trace })
  saveAs?.(`${name}.${find(host)?.name ?? host}.${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z.log`)
  for await (const batch of containers.logs({ ...input, follow: false }, { signal, trace, lent: true })) yield linesOf(batch, timestamps)
  if (signal.aborted) return
  // The end of a log and the end of an engine look alike to who reads: the engine is asked whether it is still there.
  await containers.get({ id: input.id }, { signal, trace })
}

const newline = 10
const stampBytes = 27

/** The lines of a batch, each with its line end; their bytes are not looked at. */
export function linesOf(batch: Uint8Array, timestamps: boolean): Uint8Array {
  const { count, times, lengths, text } = decodeLogLines(batch)
  const out = Buffer.allocUnsafe(text.length + count * (timestamps ? stampBytes + 2 : 1))
  for (let line = 0, from = 0, at = 0; line < count; line++) {
    if (timestamps) at += out.write(`${stampOf(times[line]!)} `, at, 'latin1')
    out.set(text.subarray(from, from + lengths[line]!), at)
    from += lengths[line]!
    at += lengths[line]!
    out[at++] = newline
  }
  return out
}

/** `2026-11-21T14:05:30.123456Z`, of a time that an agent made up too: always as long. */
function stampOf(timeMs: number): string {
  const micros = Math.round((timeMs - Math.floor(timeMs)) * 1000)
  const date = new Date(Math.floor(timeMs) + (micros === 1000 ? 1 : 0))
  const year = Number.isNaN(date.getTime()) ? Number.NaN : date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) return '0000-00-00T00:00:00.000000Z'
  return `${date.toISOString().slice(0, -1)}${String(micros % 1000).padStart(3, '0')}Z`
}
