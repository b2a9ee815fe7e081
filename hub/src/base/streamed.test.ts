import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import * as z from 'zod/mini'
import { api } from '@fairlead/protocol/api.ts'
import { stream } from '@fairlead/protocol/contract.ts'
import { json } from '@fairlead/protocol/wire/json.ts'
import { createStreams } from './streamed.ts'

const endpoint = api(stream(z.object({}), json(z.object({ n: z.int() }))), { http: 'GET /x', needs: 'x:read', on: 'self' })

describe('a stream over HTTP', () => {
  // What runs out tells nobody: a stream that was open by a token went on for ever.
  it('ends when its login or token ran out, and not while a database does not answer [security 84 102]', async () => {
    const streams = createStreams({}, 10)
    const said = ['away', 'there', 'there', 'over']
    const stays = async () => {
      const now = said.length > 1 ? said.shift() : said[0]
      if (now === 'away') throw new Error('no database')
      return now === 'there'
    }
    const items = (async function* () {
      yield { n: 1 }
      await new Promise(() => undefined)
    })()
    let endings = 0
    const app = new Hono()
    app.get('/', (context) =>
      streams.answer(context as never, {
        endpoint: endpoint as never,
        items,
        abort: new AbortController(),
        reader: { login: 'l', organization: 'o', stays },
        ended: async () => void endings++,
        resume: undefined,
        reset: false,
      }),
    )
    const lines = (await (await app.request('/')).text()).trim().split('\n')
    assert.deepEqual(JSON.parse(lines[0]!), { n: 1 })
    assert.match(lines[1]!, /"code":"lost".*This login ended/)
    assert.deepEqual([said, endings], [['over'], 1])
  })
})
