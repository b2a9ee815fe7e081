import assert from 'node:assert/strict'
import type { Client } from '@fairlead/protocol/contract.ts'
import type { containers } from '@fairlead/protocol/features/containers.ts'
import { decodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'
import type { TestEngine } from '../../../e2e/engine.ts'
import { until } from '../../../e2e/fleet/until.ts'

export function linesOf(batch: Uint8Array): { timeMs: number; source: number; text: string }[] {
  const { count, times, sources, lengths, text } = decodeLogLines(batch)
  const lines: { timeMs: number; source: number; text: string }[] = []
  for (let i = 0, at = 0; i < count; at += lengths[i]!, i++)
    lines.push({ timeMs: times[i]!, source: sources[i]!, text: Buffer.from(text.subarray(at, at + lengths[i]!)).toString() })
  return lines
}

/** The parts of each long line put together, and how many there were. */
export function joined(lines: ReturnType<typeof linesOf>): { source: number; text: string; parts: number }[] {
  const whole: { source: number; text: string; parts: number }[] = []
  const begun = new Map<number, { source: number; text: string; parts: number }>()
  for (const line of lines) {
    const source = line.source & ~goesOnBit
    const one = begun.get(source) ?? { source, text: '', parts: 0 }
    one.text += line.text
    one.parts++
    if (line.source === source) {
      begun.delete(source)
      whole.push(one)
    } else begun.set(source, one)
  }
  assert.equal(begun.size, 0)
  return whole
}

export async function read(items: AsyncIterable<Uint8Array>): Promise<ReturnType<typeof linesOf>> {
  const lines: ReturnType<typeof linesOf> = []
  for await (const batch of items) lines.push(...linesOf(batch))
  return lines
}

/** Lines far beyond what an engine keeps in one piece come whole, in parts that say so, from the middle of one too; what looks like a time stays. */
export async function assertLongLines(client: Client<typeof containers>, real: TestEngine, tty: boolean): Promise<void> {
  const time = '2026-11-21T01:02:03.456789012Z '
  const script = `yes 0123456789abcdef | head -n 10000 | tr -d "\\n"; echo; yes "${time}x" | head -n 4000 | tr -d "\\n"; echo; echo after`
  const id = await real.run(`long-${tty}`, ['sh', '-c', script], { Tty: tty })
  await until(async () => (await client.get({ id })).status === 'exited')
  const lines = await read(client.logs({ id, follow: false, tail: -1 }))
  const [plain, times, after] = joined(lines)
  assert.equal(plain?.text, '0123456789abcdef'.repeat(10_000))
  assert.equal(times?.text, `${time}x`.repeat(4000))
  assert.deepEqual([plain.parts, times.parts], [5, 4])
  assert.equal(after?.text, 'after')
  // A reader that lost its link in the middle of a line gets the rest of it.
  const { timeMs } = lines[1]!
  const rest = await read(client.logs({ id, follow: false, tail: -1, after: { timeMs, lines: 2 } }))
  assert.deepEqual(rest, lines.slice(2))
}
