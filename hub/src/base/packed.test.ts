import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { answerJson } from './packed.ts'

const rows = Array.from({ length: 100 }, (_, n) => ({ name: `web-${n}`, state: 'ok', detail: 'Up 3 hours' }))
const app = new Hono()
app.on(['GET', 'POST'], '/long', (context) => answerJson(context, rows))
app.get('/short', (context) => answerJson(context, { ok: true }))
const taking = { headers: { 'Accept-Encoding': 'br, gzip' } }

describe('answers as JSON', () => {
  it('are packed when they are long and the asker takes it', async () => {
    const answer = await app.request('/long', taking)
    assert.equal(answer.headers.get('content-encoding'), 'gzip')
    assert.equal(answer.headers.get('vary'), 'Accept-Encoding')
    assert.equal(answer.headers.get('content-type'), 'application/json')
    const packed = Buffer.from(await answer.arrayBuffer())
    assert.deepEqual(JSON.parse(gunzipSync(packed).toString()), rows)
    assert.ok(packed.length < JSON.stringify(rows).length / 4)
  })

  it('stay as they are for whoever does not take it, for short ones, and for what changes something', async () => {
    for (const answer of [
      await app.request('/long'),
      await app.request('/short', taking),
      await app.request('/long', { method: 'POST', ...taking }),
    ]) {
      assert.equal(answer.headers.get('content-encoding'), null)
      assert.equal(typeof (await answer.json()), 'object')
    }
  })
})
