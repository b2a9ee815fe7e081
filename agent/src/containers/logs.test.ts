import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { gather } from './logs.ts'
import { createSplitter, parseTimed } from './split.ts'

async function* everyFewMs(lines: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < lines; n++) {
    await wait(3)
    yield Buffer.from(`line ${n}\n`.repeat(20))
  }
}

describe('lines of a log', () => {
  it('are not held back until a batch is full, however steadily they come', async () => {
    const batches: number[] = []
    for await (const batch of gather(Readable.from(everyFewMs(60)) as Socket, createSplitter(true, false), () => true))
      batches.push(decodeLogLines(batch).count)
    assert.equal(
      batches.reduce((sum, count) => sum + count, 0),
      1200,
    )
    // 180 ms of them, and none waits for more than 10 ms: a timer that began anew with each piece would make one batch.
    assert.ok(batches.length >= 4, `${batches.length} batches`)
  })

  it('have the time that is written before them, whatever the line before them had', () => {
    const at = (text: string) => parseTimed(Buffer.from(`${text} x`)).timeMs
    const whole = Date.parse('2026-11-21T01:02:03Z')
    assert.equal(at('2026-11-21T01:02:03.5Z'), whole + 500)
    assert.equal(at('2026-11-21T01:02:03.25Z'), whole + 250)
    assert.equal(at('2026-11-21T01:02:04.000000000Z'), whole + 1000)
    assert.equal(at('2026-11-21T02:02:03.5+01:00'), whole + 500)
    assert.equal(at('2026-11-21T01:02:03.5Z'), whole + 500)
    assert.equal(at('2027-11-21T01:02:03.5Z'), Date.parse('2027-11-21T01:02:03.5Z'))
  })
})
