import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { serveCallback } from './callback.ts'

describe('where sign-in providers send people back to', () => {
  const nothing = () => undefined
  const tokens: (string | undefined)[] = []
  const app = (to: string, take: () => void = nothing) =>
    serveCallback({
      peerOf: () => ({ ip: '192.0.2.1', tls: true, loopback: false }),
      doorOf: () => ({ secure: true, insecureReason: '', secureUrl: '' }),
      rates: { take },
      finish: async ({ provider, token }, { cookie }) => {
        tokens.push(token)
        if (provider === 'good') cookie.set('t'.repeat(43), 60)
        return { to }
      },
    })
  const ask = async (to: string, path = '/auth/oidc/good/callback?code=c&state=s', cookie = '', take?: () => void) => {
    const incoming = { headers: { cookie } }
    return app(to, take).request(path, {}, { incoming, outgoing: {} } as never)
  }

  it('answers with a page of this origin that goes on by itself, no redirect, and kept by nobody', async () => {
    const answer = await ask('/hosts?a=1&b=2#signin-reason=late')
    assert.deepEqual([answer.status, answer.headers.get('cache-control'), answer.headers.get('location')], [200, 'no-store', null])
    assert.match(await answer.text(), /http-equiv="refresh" content="0;url='\/hosts\?a=1&amp;b=2#signin-reason=late'"/)
  })

  it('goes on within this origin alone, whatever it is told [security 100]', async () => {
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      "/x' onload",
      '/a b',
      '\\\\evil',
      '',
    ])
      assert.match(await (await ask(to)).text(), /url='\/'"/, to)
    const text = await (await ask(`/"><script>'alert(1)'</script>`)).text()
    assert.doesNotMatch(text, /<script|'alert|"><s/)
  })

  it('takes the cookie that the browser left with, for the last time, and sets the login’s own strictly [security 81 100]', async () => {
    tokens.length = 0
    const left = 'L'.repeat(43)
    const answer = await ask('/', undefined, `x=1; __Host-fl_oidc=${left}; y=2`)
    const [away, login] = answer.headers.getSetCookie()
    assert.match(away!, /^__Host-fl_oidc=; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=0$/)
    assert.match(login!, /^__Host-fairlead=t{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=60$/)
    for (const cookie of ['', '__Host-fl_oidc=short', `fl_oidc=${left}`]) await ask('/', undefined, cookie)
    assert.deepEqual(tokens, [left, undefined, undefined, undefined])
  })

  it('has limits of its own: too many, too long', async () => {
    const full = () => {
      throw new Error('full')
    }
    assert.equal((await ask('/', undefined, '', full)).status, 429)
    assert.equal((await ask('/', `/auth/oidc/good/callback?code=${'x'.repeat(9000)}`)).status, 414)
  })
})
