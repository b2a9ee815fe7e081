import { Hono } from 'hono'
import type { Bindings } from './bindings.ts'
import type { Log } from './log.ts'
import { serveDocs } from './docs.ts'
import { safeHeaders } from './headers.ts'
import { metricsType } from './prometheus.ts'
import type { Installer } from './installer.ts'
import { sameSecret, secretOf, type Secret } from './secret.ts'

interface WebDeps {
  readonly version: string
  readonly api: Hono<Bindings>
  readonly openApi: unknown
  readonly scim: Hono<Bindings>
  readonly installer: Installer['app']
  /** Where sign-in providers send people back to. */
  readonly callback: Hono<Bindings>
  readonly console: Hono
  readonly publicUrl: string | undefined
  readonly metricsToken: Secret | undefined
  readonly renderMetrics: () => string
  /** Rejects while the database does not answer. */
  readonly pingDatabase: () => Promise<void>
  readonly isDraining: () => boolean
  readonly log: Log
}

const pingMs = 4000

/** Everything that the hub answers over plain requests. */
export function createWeb(deps: WebDeps): Hono<Bindings> {
  const { version, log } = deps
  const ping = createPing(deps.pingDatabase)
  const app = new Hono<Bindings>()
  app.use('*', async (context, next) => {
    if (deps.isDraining() && /^\/(api|scim)\//.test(context.req.path)) {
      context.res = context.json({ error: { code: 'draining', message: 'The hub is stopping; try again in a moment.' } }, 503, {
        'Retry-After': '5',
      })
    } else await next()
    if (deps.isDraining()) context.res.headers.set('Connection', 'close')
    for (const [name, value] of Object.entries(safeHeaders)) context.res.headers.set(name, value)
    // What is saved is never a page of this address: should a browser show it all the same, it can do nothing.
    if (context.res.headers.has('Content-Disposition'))
      context.res.headers.set('Content-Security-Policy', "default-src 'none'; sandbox; frame-ancestors 'none'")
    if (deps.publicUrl?.startsWith('https:') === true) context.res.headers.set('Strict-Transport-Security', 'max-age=31536000')
  })
  app.get('/healthz', (context) => context.json({ ok: true, version }))
  app.get('/readyz', async (context) => {
    const database = await ping()
    const ok = database && !deps.isDraining()
    // Strangers ask this: how many hosts there are is none of their business.
    const body = { ok, database: database ? 'ok' : 'down', draining: deps.isDraining() }
    return context.json(body, ok ? 200 : 503, ok ? {} : { 'Retry-After': '2' })
  })
  app.get('/api/openapi.json', (context) => context.json(deps.openApi as object))
  app.route('/', serveDocs())
  app.get('/api/metrics', (context) => {
    const shown = /^Bearer (.+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    if (shown === undefined || deps.metricsToken === undefined || !sameSecret(secretOf(shown), deps.metricsToken))
      return context.text('Set FAIRLEAD_METRICS_TOKEN and send it as a bearer token.', 401)
    return context.body(deps.renderMetrics(), 200, { 'Content-Type': metricsType })
  })
  app.route('/api/v1', deps.api as never)
  app.all('/api/*', (context) => context.json({ error: { code: 'not_found', message: 'There is nothing at this address.' } }, 404))
  app.route('/', deps.scim)
  app.route('/', deps.callback)
  app.route('/', deps.installer)
  app.route('/', deps.console)
  app.onError((error, context) => {
    log('error', 'unexpected', { error: error.stack ?? error.message })
    return context.json({ error: { code: 'internal', message: 'Something went wrong in the hub; its log has the reason.' } }, 500)
  })
  return app
}

/** Anyone may ask whether the hub is ready, as often as they like: whoever asks while the database is asked gets the same answer. */
function createPing(pingDatabase: () => Promise<void>): () => Promise<boolean> {
  let asking: Promise<boolean> | undefined
  return () => (asking ??= within(pingMs, pingDatabase()).finally(() => (asking = undefined)))
}

async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms).unref())
  return Promise.race([
    work.then(
      () => true,
      () => false,
    ),
    late,
  ])
}
