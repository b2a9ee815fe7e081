import { decodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'
import { clean } from './show.ts'

export interface Line {
  readonly timeMs: number
  readonly source: 'stdout' | 'stderr' | 'agent'
  readonly text: string
  /** The next one of this source goes on with it. */
  readonly goesOn: boolean
}

const sources = ['stdout', 'stderr', 'agent'] as const

export function linesOf(batch: Uint8Array): Line[] {
  const { count, times, sources: from, lengths, text } = decodeLogLines(batch)
  const utf8 = new TextDecoder()
  const lines: Line[] = []
  for (let at = 0, n = 0; n < count; at += lengths[n]!, n++)
    lines.push({
      timeMs: times[n]!,
      source: sources[from[n]! & 3] ?? 'agent',
      text: utf8.decode(text.subarray(at, at + lengths[n]!)),
      goesOn: (from[n]! & goesOnBit) !== 0,
    })
  return lines
}

/** To where it was written; colours stay, for they are the container's own way to speak, unless somebody else reads it. */
export async function print(batches: AsyncIterable<Uint8Array>, json: boolean): Promise<void> {
  for await (const batch of batches)
    for (const { goesOn, ...line } of linesOf(batch)) {
      const to = line.source === 'stdout' ? process.stdout : process.stderr
      const text = json ? `${JSON.stringify(line)}\n` : `${to.isTTY ? clean(line.text) : line.text}${goesOn ? '' : '\n'}`
      const room = (json ? process.stdout : to).write(text)
      if (!room) await new Promise<void>((resolve) => void (json ? process.stdout : to).once('drain', resolve))
    }
}
