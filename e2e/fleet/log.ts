import { createHash } from 'node:crypto'
import type { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import type { Clients } from '@fairlead/protocol/wire/rpc.ts'

/** What a reader has had of a container's log so far; it goes on after a loss where it was, as the console does. */
interface LogReader {
  /** Lines that the program wrote. */
  readonly lines: number
  readonly bytes: number
  /** Notices of the agent: holes, reasons of an end. */
  readonly notices: readonly string[]
  /** SHA-256 of all lines back to back. */
  digest(): string
  /** The last line read. */
  readonly last: string
  /** Reads from where it is; ends when `enough` says so, when the log ends, or throws with what lost it. */
  read(host: Pick<Clients<typeof hubFeatures>, 'containers'>, id: string, enough: (reader: LogReader) => boolean): Promise<void>
}

export function createLogReader(): LogReader {
  const hash = createHash('sha256')
  const notices: string[] = []
  const state = { lines: 0, bytes: 0, last: '' }
  let after: { timeMs: number; lines: number } | undefined

  function take(batch: Uint8Array): void {
    const { count, times, sources, lengths, text } = decodeLogLines(batch)
    for (let line = 0, at = 0; line < count; at += lengths[line]!, line++) {
      const bytes = text.subarray(at, at + lengths[line]!)
      if (sources[line] === 2) {
        notices.push(Buffer.from(bytes).toString())
        continue
      }
      hash.update(bytes)
      state.lines++
      state.bytes += bytes.length
      state.last = Buffer.from(bytes).toString()
      after = { timeMs: times[line]!, lines: after?.timeMs === times[line] ? after!.lines + 1 : 1 }
    }
  }

  const reader: LogReader = {
    get lines() {
      return state.lines
    },
    get bytes() {
      return state.bytes
    },
    get last() {
      return state.last
    },
    notices,
    digest: () => hash.copy().digest('hex'),
    async read({ containers }, id, enough) {
      for await (const batch of containers.logs({ id, tail: -1, ...(after === undefined ? {} : { after }) })) {
        take(batch)
        if (enough(reader)) return
      }
    },
  }
  return reader
}
