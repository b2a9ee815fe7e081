import type { WriteStream } from 'node:tty'
import { jsonLine } from '@fairlead/protocol/line.ts'
import { decodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'
import { createLogTexts } from '@fairlead/protocol/wire/log-texts.ts'
import { clean } from './show.ts'

const sources = ['stdout', 'stderr', 'agent', 'agent'] as const
const lineEnd = Buffer.from('\n')

/** To where it was written, byte by byte, unless somebody looks at it; colours stay, for they are the container's own way to speak. */
export async function print(batches: AsyncIterable<Uint8Array>, json: boolean): Promise<void> {
  if (json) return printJson(batches)
  const decoders = sources.map(() => new TextDecoder())
  for await (const batch of batches) {
    const { count, sources: from, lengths, text } = decodeLogLines(batch)
    for (let at = 0, n = 0; n < count; at += lengths[n]!, n++) {
      const source = from[n]! & 3
      const goesOn = (from[n]! & goesOnBit) !== 0
      const to = source === 0 ? process.stdout : process.stderr
      const said = text.subarray(at, at + lengths[n]!)
      if (to.isTTY) await write(to, `${shown(decoders[source]!.decode(said, { stream: goesOn }))}${goesOn ? '' : '\n'}`)
      else await write(to, goesOn ? said : Buffer.concat([said, lineEnd]))
    }
  }
}

async function printJson(batches: AsyncIterable<Uint8Array>): Promise<void> {
  const texts = createLogTexts()
  for await (const batch of batches)
    for (const { timeMs, source, text } of texts(batch))
      await write(process.stdout, `${jsonLine({ timeMs, source: sources[source], text })}\n`)
}

/** What a command writes holds its own line ends. */
const shown = (text: string) => clean(text.replaceAll('\r\n', '\n'))

async function write(to: WriteStream, what: string | Uint8Array): Promise<void> {
  if (!to.write(what)) await new Promise<void>((resolve) => to.once('drain', resolve))
}
