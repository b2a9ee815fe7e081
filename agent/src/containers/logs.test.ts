import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, it } from 'node:test'
import type { Engine } from '../docker/engine.ts'
import { decodeLogLines } from '@fairlead/protocol/wire/log-batch.ts'
import { gather, readLogs } from './logs.ts'
import { createSplitter } from './split.ts'
import { parseTimed } from './timed.ts'

async function* everyFewMs(lines: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < lines; n++) {
    await wait(3)
    yield Buffer.from(`line ${n}\n`.repeat(20))
  }
}

describe('lines of a log', () => {
  it('are not held back until a batch is full, however steadily they come', async () => {
    const batches: number[] = []
    for await (const batch of gather(Readable.from(everyFewMs(60)) as Socket, createSplitter('bare'), () => true))
      batches.push(decodeLogLines(batch).count)
    assert.equal(
      batches.reduce((sum, count) => sum + count, 0),
      1200,
    )
    // 180 ms of them, and none waits for more than 10 ms: a timer that began anew with each piece would make one batch.
    assert.ok(batches.length >= 4, `${batches.length} batches`)
  })

  // The console gives up a log that ends in a fault of the agent's; one that the engine broke off it opens again.
  it('that a dying engine breaks off end in its own failure, not in one of the agent', async () => {
    async function* broken() {
      yield Buffer.from('line 1\n')
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
    }
    const read = async () => {
      for await (const batch of gather(Readable.from(broken()) as Socket, createSplitter('bare'), () => true))
        assert.equal(decodeLogLines(batch).count, 1)
    }
    await assert.rejects(read(), { code: 'bad_upstream' })
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

  // What follows a log may miss the last words of a program that ends: the engine of this test does.
  it('are all there when the program ends, each once, whatever the engine left out of what it followed', async () => {
    const line = (n: number) => `2026-11-21T01:02:03.${String(n * 1000).padStart(9, '0')}Z line ${n}\n`
    let written = [line(1), line(2), line(2), line(2), line(3), line(4)]
    const queries: { follow: boolean; tail: unknown }[] = []
    const engine = {
      call: async () => ({ Id: 'a'.repeat(12), Config: { Tty: true }, State: { Status: 'exited', ExitCode: 0 } }),
      async chunks({ query }: { query: { follow: boolean; tail: unknown } }) {
        queries.push(query)
        return { socket: Readable.from([Buffer.from((query.follow ? written.slice(0, 3) : written).join(''))]), chunked: false }
      },
    } as unknown as Engine
    const read = async (after?: { timeMs: number; lines: number }) => {
      const input = { id: 'web', follow: true, tail: -1, stdout: true, stderr: true, sinceMs: undefined, untilMs: undefined, after }
      const heard: string[] = []
      for await (const batch of readLogs(engine, input, new AbortController().signal)) {
        const { count, lengths, text } = decodeLogLines(batch)
        for (let n = 0, at = 0; n < count; at += lengths[n]!, n++) heard.push(Buffer.from(text.subarray(at, at + lengths[n]!)).toString())
      }
      return heard
    }
    const end = '— the container is exited (exit 0) —'
    assert.deepEqual(await read(), ['line 1', 'line 2', 'line 2', 'line 2', 'line 3', 'line 4', end])
    const second = parseTimed(Buffer.from(line(2))).timeMs
    assert.deepEqual(await read({ timeMs: second, lines: 1 }), ['line 2', 'line 2', 'line 3', 'line 4', end])
    assert.deepEqual(await read({ timeMs: second, lines: 3 }), ['line 3', 'line 4', end])
    assert.equal(queries[1]!.tail, 1000)
    // Two outputs of one program are written down in an order that is not always that of their times.
    written = [line(1), line(3), line(2), line(4)]
    assert.deepEqual(await read(), ['line 1', 'line 3', 'line 2', 'line 4', end])
  })
})
