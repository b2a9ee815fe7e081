import { decodeLogLines, goesOnBit } from './log-batch.ts'

/** A line as somebody reads it. */
export interface LogText {
  readonly timeMs: number
  /** 0 stdout, 1 stderr, 2 a notice of the agent itself. */
  readonly source: number
  /** 0 unknown, 1 trace, 2 debug, 3 info, 4 warn, 5 error, 6 fatal. */
  readonly level: number
  readonly text: string
  /** The next one of this source is more of it. */
  readonly goesOn: boolean
}

/** Reads batches that follow one another: characters may be cut between them, and a command's output holds its own line ends. */
export function createLogTexts(): (batch: Uint8Array) => LogText[] {
  const decoders = [0, 1, 2, 3].map(() => new TextDecoder())
  return (batch) => {
    const { count, times, sources, levels, lengths, text } = decodeLogLines(batch)
    const found: LogText[] = []
    for (let at = 0, n = 0; n < count; at += lengths[n]!, n++) {
      const source = sources[n]! & 3
      const goesOn = (sources[n]! & goesOnBit) !== 0
      const base = { timeMs: times[n]!, source, level: levels[n]! }
      const said = decoders[source]!.decode(text.subarray(at, at + lengths[n]!), { stream: goesOn })
      if (!goesOn) found.push({ ...base, text: said, goesOn })
      else {
        const lines = said.split('\n')
        const rest = lines.pop()!
        for (const line of lines) found.push({ ...base, text: line.endsWith('\r') ? line.slice(0, -1) : line, goesOn: false })
        if (rest !== '') found.push({ ...base, text: rest, goesOn })
      }
    }
    return found
  }
}
