import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Answer, type Whole } from './answer.ts'

/** Pushes the bytes cut at these places, through one buffer that is overwritten after each piece. */
function read(bytes: Buffer, cuts: readonly number[]): Whole | undefined {
  const answer = new Answer(false)
  const shared = Buffer.alloc(bytes.length)
  let at = 0
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    const end = Math.max(at, Math.min(cut, bytes.length))
    bytes.copy(shared, 0, at, end)
    const whole = answer.push(shared.subarray(0, end - at))
    shared.fill(0xee)
    if (whole !== undefined) return whole
    at = end
  }
  return undefined
}

const chunksOf = (parts: readonly Uint8Array[]) =>
  Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)};x=1\r\n`), part, Buffer.from('\r\n')]),
    Buffer.from('0\r\n\r\n'),
  ])
const cuts = fc.array(fc.nat(3000), { maxLength: 20 })

describe('an answer of the engine that comes in pieces', () => {
  it('in chunks is the same body, wherever it was cut and whatever became of the pieces', () => {
    const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 8 })
    const property = fc.property(parts, cuts, (body, at) => {
      const bytes = Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), chunksOf(body)])
      assert.deepEqual(read(bytes, at)?.body, Buffer.concat(body))
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('with a length is the same body', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 2000 }), cuts, (body, at) => {
      const bytes = Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body])
      assert.deepEqual(read(bytes, at)?.body, Buffer.from(body))
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('byte by byte is the same body', () => {
    const body = [Buffer.alloc(300, 1), Buffer.alloc(17, 2)]
    const bytes = Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'), chunksOf(body)])
    const every = Array.from(bytes, (_, i) => i)
    assert.deepEqual(read(bytes, every)?.body, Buffer.concat(body))
  })

  it('of 8 MiB in 500 chunks is read once, not once more for each piece', (t) => {
    const made = t.mock.method(Buffer, 'allocUnsafe')
    const chunk = Buffer.alloc(16 * 1024, 7)
    const answer = new Answer(false)
    answer.push(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))
    for (let n = 0; n < 512; n++) answer.push(Buffer.concat([Buffer.from('4000\r\n'), chunk, Buffer.from('\r\n')]))
    assert.equal(answer.push(Buffer.from('0\r\n\r\n'))?.body.length, 8 * 1024 * 1024)
    const large = made.mock.calls.filter(({ arguments: [bytes] }) => bytes > 64 * 1024).length
    assert.ok(large < 20, `its memory grew ${large} times`)
  })

  it('whose lines end without a carriage return, or that goes on behind a chunk, is refused', () => {
    for (const said of [
      '33\nabc\r\n0\r\n\r\n',
      '3\r\nabc\n0\r\n\r\n',
      '3\r\nabc\r\n0\r\n\n',
      '3\r\nabcd\r\n',
      '3\r\nabc\rx\r\n0\r\n\r\n',
      `3\r\nabc${'x'.repeat(5)}`,
    ]) {
      const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${said}`)
      assert.throws(() => read(bytes, []), { code: 'bad_upstream' }, JSON.stringify(said))
    }
  })

  it('has no body when it may have none, whatever length it names', () => {
    const head = (status: string, asked = false) =>
      new Answer(asked).push(Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: 7\r\n\r\n`))?.body.length
    assert.deepEqual([head('204 No Content'), head('304 Not Modified'), head('200 OK', true), head('200 OK')], [0, 0, 0, undefined])
  })

  it('leaves its connection for the next question unless it says that it closes', () => {
    const reusable = (more: string) => new Answer(false).push(Buffer.from(`HTTP/1.1 200 OK\r\n${more}Content-Length: 0\r\n\r\n`))?.reusable
    assert.deepEqual([reusable(''), reusable('Connection: close\r\n'), reusable('connection: Close\r\n')], [true, false, false])
  })

  it('of more than 64 MiB is refused where it passes them', () => {
    const answer = new Answer(false)
    answer.push(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1024 * 1024), Buffer.from('\r\n')])
    for (let n = 0; n < 64; n++) answer.push(chunk)
    assert.throws(() => answer.push(chunk), { code: 'too_large' })
  })
})
