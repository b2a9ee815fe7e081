import assert from 'node:assert/strict'
import { decodeLogLines, goesOnBit } from '@fairlead/protocol/wire/log-batch.ts'

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
