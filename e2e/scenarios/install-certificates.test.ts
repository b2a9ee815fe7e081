import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildAgent, pasteLine, type PastedHost } from '../fleet/paste.ts'
import { makeCertificate, openTlsProxy, type TlsProxy } from '../fleet/tlsproxy.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

interface SetUp {
  readonly owned: OwnedHub
  /** Another certificate, under another key, is shown from then on. */
  renew(): void
}

/** As people run hubs; `dir` is the set-up's own. */
const setUps: Readonly<Record<string, (dir: string) => Promise<SetUp>>> = {
  async 'its own, self-signed certificate'() {
    const owned = await startOwnedHub()
    return { owned, renew: () => ['tls.crt', 'tls.key'].forEach((name) => rmSync(join(owned.hub.dataDir, name))) }
  },
  async 'a certificate of yours'(dir) {
    makeCertificate(dir)
    const env = { FAIRLEAD_TLS_CERT: join(dir, 'cert.pem'), FAIRLEAD_TLS_KEY: join(dir, 'key.pem') }
    return { owned: await startOwnedHub({ env }), renew: () => void makeCertificate(dir) }
  },
  async 'a proxy before it that ends TLS'() {
    let proxy: TlsProxy
    const owned = await startOwnedHub({
      env: { FAIRLEAD_TRUSTED_PROXIES: '127.0.0.1' },
      through: async (hub) => (proxy = await openTlsProxy({ port: Number(new URL(hub.url).port) })),
    })
    return { owned, renew: () => proxy.renew() }
  },
}

describe('the line, with nothing chosen by certificate', need('curl', 'nginx', 'openssl'), () => {
  const lines: string[] = []

  for (const [name, setUp] of Object.entries(setUps))
    it(`lets a host in within 30 s and keeps it through a renewal at a hub with ${name}`, { timeout: 180_000 }, async () => {
      const dir = mkdtempSync('/var/tmp/fairlead-certificates-')
      const hosts: PastedHost[] = []
      await buildAgent()
      const { owned, renew } = await setUp(dir)
      const ask = (method: string, path: string, body?: object) =>
        owned.owner.ask(method, `/api/v1${path}`, body === undefined ? {} : { body })
      const online = async () => /"online":true/.test((await ask('GET', '/hosts')).text)
      try {
        const line = String((await ask('POST', '/invitations', { address: owned.address })).body['line'])
        const startMs = performance.now()
        hosts.push(await pasteLine({ spawn }, line, { name: 'anywhere', engineSocket: '/nonexistent/engine.sock' }))
        await until(online)
        assert.ok(performance.now() - startMs <= 30_000)
        const ups = () => hosts[0]!.output.split('link up').length - 1
        const before = ups()
        renew()
        // A link from before may live on; after a restart of the hub the host dials through the new certificate.
        await owned.hub.restart('SIGTERM')
        await until(() => ups() > before, 60)
        await until(online)
        lines.push(
          line
            .replaceAll(owned.address, 'HUB')
            .replace(/[0-9a-f]{64}/, 'HASH')
            .replace(/flj1\.[^']+/, 'JOIN'),
        )
      } finally {
        for (const host of hosts) await host.stop()
        await owned.stop()
        rmSync(dir, { recursive: true, force: true })
      }
    })

  it('is the same one for each of them but for the address, the hash and the secret, and each let its host in [security 28]', () => {
    assert.equal(lines.length, Object.keys(setUps).length)
    assert.equal(new Set(lines).size, 1, lines.join('\n'))
  })
})
