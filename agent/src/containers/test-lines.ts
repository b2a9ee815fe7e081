import assert from 'node:assert/strict'
import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'

export function linesOf(batch: Uint8Array): { timeMs: number; source: number; text: string }[] {
  const { count, times, sources, lengths, text } = decodeLogLines(batch)
  const lines: { timeMs: number; source: number; text: string }[] = []
  for (let i = 0, at = 0; i < count; at += lengths[i]!, i++)
    lines.push({ timeMs: times[i]!, source: sources[i]!, text: Buffer.from(text.subarray(at, at + lengths[i]!)).toString() })
  return lines
}

export async function read(items: AsyncIterable<Uint8Array>): Promise<ReturnType<typeof linesOf>> {
  const lines: ReturnType<typeof linesOf> = []
  for await (const batch of items) lines.push(...linesOf(batch))
  return lines
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('it did not become so within 30 s')
}
