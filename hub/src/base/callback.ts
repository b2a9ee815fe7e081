import type { IncomingMessage } from 'node:http'
import { Hono, type Context } from 'hono'
import type { Welcome } from '@fairlead/protocol/features/logins.ts'
import type { LoginContext } from '../logins/logins.ts'
import { nobody } from './access.ts'
import type { Bindings } from './bindings.ts'
import { awayCookie, cookie, deviceCookie, readAway, readDevice, type Peer } from './headers.ts'
import type { Rates } from './rates.ts'
import { newTrace } from './serve.ts'
import { noSight } from './sight.ts'

interface CallbackDeps {
  readonly peerOf: (request: IncomingMessage) => Peer
  readonly doorOf: (request: IncomingMessage, peer: Peer) => Pick<Welcome, 'secure' | 'insecureReason' | 'secureUrl'>
  readonly rates: Rates
  /** Never throws. `to`: an address of the console, from its first `/`. */
  readonly finish: (
    returned: { readonly provider: string; readonly search: string; readonly token: string | undefined },
    context: LoginContext,
  ) => Promise<{ readonly to: string }>
}

const mostChars = 8192

/** Where providers send people back to: the one address that another site leads browsers to on purpose. */
export function serveCallback({ peerOf, doorOf, rates, finish }: CallbackDeps): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.get('/auth/oidc/:id/callback', async (context) => {
    const request = context.env.incoming
    const peer = peerOf(request)
    try {
      rates.take('address', peer.ip)
      rates.take('stranger', peer.ip)
      rates.take('hub', '')
    } catch {
      return context.text('Too many requests; try again in a second.', 429, { 'Retry-After': '1' })
    }
    const search = new URL(context.req.url).search
    if (search.length > mostChars) return context.text('This address is too long.', 414)
    const token = readAway(request)
    context.header('Set-Cookie', awayCookie('', 0), { append: true })
    const { to } = await finish({ provider: context.req.param('id'), search, token }, contextOf(context, peer, doorOf(request, peer)))
    return landOn(context, to)
  })
  return app
}

/**
 * A page of this origin that goes on by itself. Not a redirect: the browser still counts that as coming from the provider's site, and shows
 * no cookie of ours on it. Without a script: none is let in here.
 */
function landOn(context: Context<Bindings>, to: string): Response {
  const path = /^\/(?![/\\])[^\s\\]*$/.test(to) ? to : '/'
  const address = path.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll("'", '&#39;')
  context.header('Cache-Control', 'no-store')
  return context.html(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Fairlead</title><meta http-equiv="refresh" content="0;url='${address}'"><p><a href="${address}">Fairlead &rarr;</a></p></html>`,
  ) as Response
}

function contextOf(context: Context<Bindings>, peer: Peer, door: LoginContext['door']): LoginContext {
  const { incoming } = context.env
  const set = (line: string) => context.header('Set-Cookie', line, { append: true })
  return {
    caller: nobody(peer.ip, String(incoming.headers['user-agent'] ?? ''), newTrace()),
    host: '',
    environment: '',
    sight: async () => noSight,
    note: () => undefined,
    door,
    cookie: { set: (token, seconds) => set(cookie(token, seconds)), clear: () => set(cookie('', 0)) },
    device: { shown: readDevice(incoming), set: (token) => set(deviceCookie(token)) },
  }
}
