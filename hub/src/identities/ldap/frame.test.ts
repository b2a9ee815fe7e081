import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFramer, most } from './frame.ts'

const message = (size: number) => Buffer.concat([Buffer.from([0x30, 0x83, size >> 16, (size >> 8) & 255, size & 255]), Buffer.alloc(size)])

describe('what a directory sends', () => {
  it('is cut into whole messages, however it arrives', () => {
    const wanted = [Buffer.from([0x30, 0]), Buffer.from([0x30, 3, 1, 2, 3]), message(300), message(70_000), Buffer.from([0x30, 1, 9])]
    const bytes = Buffer.concat(wanted)
    for (const step of [1, 2, 7, 1000, bytes.length]) {
      const got: Buffer[] = []
      const frame = createFramer((one) => got.push(Buffer.from(one)))
      for (let at = 0; at < bytes.length; at += step) frame(bytes.subarray(at, at + step))
      assert.deepEqual(got, wanted)
    }
  })

  it('ends at a message that is too large, before its bytes are there, at too much of all, and at what is no message [security 101]', () => {
    const frame = () => createFramer(() => undefined)
    assert.throws(() => frame()(Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])))
    frame()(message(most.messageBytes - 5).subarray(0, 100))
    assert.throws(() => frame()(message(most.messageBytes).subarray(0, 100)))
    assert.throws(() => frame()(Buffer.from([0x30, 0x80])))
    assert.throws(() => frame()(Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1])))
    assert.throws(() => frame()(Buffer.from('HTTP/1.1')))
    const all = frame()
    const many = Buffer.concat(Array.from({ length: 1000 }, () => Buffer.from([0x30, 0])))
    for (let sent = 0; sent + many.length <= most.totalBytes; sent += many.length) all(many)
    assert.throws(() => all(many))
  })
})
