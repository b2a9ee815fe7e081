import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { hubCommand } from '../../../e2e/fleet/command.ts'
import { createOwner } from '../../../e2e/fleet/console.ts'
import { startHub, type HubProcess } from '../../../e2e/fleet/programs.ts'
import { until } from '../../../e2e/fleet/until.ts'

interface Finding {
  readonly name: string
  readonly state: string
  readonly says: string
  readonly mend: string
}

describe('what keeps a hub well', () => {
  let dir: string
  let hub: HubProcess
  const token = 'a token of the metrics'
  const env = () => ({ FAIRLEAD_DATA_DIR: hub.dataDir, FAIRLEAD_LISTEN: 'http://localhost:0', FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0' })
  const look = async (more: Readonly<Record<string, string>> = {}) => {
    const { code, out, err } = await hubCommand(['doctor', '--json'], { env: { ...env(), ...more } })
    const findings = JSON.parse(out || `"${err}"`) as Finding[]
    return { code, find: (name: string) => findings.filter((finding) => finding.name === name), findings }
  }
  const figures = () =>
    new Promise<string>((resolve, reject) => {
      const call = request(new URL('/api/metrics', hub.url), { headers: { Authorization: `Bearer ${token}` } }, (response) => {
        let text = ''
        response.on('data', (part: Buffer) => (text += part.toString()))
        response.on('end', () => resolve(text))
      })
      call.on('error', reject)
      call.end()
    })
  const figure = async (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(await figures())![1])

  before(async () => {
    dir = mkdtempSync('/var/tmp/fairlead-doctor-')
    chmodSync(dir, 0o711)
    mkdirSync(join(dir, 'backups'))
    // Of somebody else, and one of another kind: both stay.
    for (const name of ['notes.txt', 'fairlead-by-hand.backup']) writeFileSync(join(dir, 'backups', name), 'mine')
    for (const day of ['01', '02', '03']) writeFileSync(join(dir, 'backups', `fairlead-2025-01-${day}T00-00-00-000Z.backup`), 'old')
    const more = { FAIRLEAD_BACKUP_DIR: join(dir, 'backups'), FAIRLEAD_BACKUP_KEEP: '2', FAIRLEAD_METRICS_TOKEN: token }
    hub = await startHub({ env: more })
    await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
  })
  after(async () => {
    await hub?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  it('is a backup that it makes itself, of which the latest are kept, and whose age the figures tell', { timeout: 60_000 }, async () => {
    await until(() => hub.output.includes('a backup was made'))
    const kept = readdirSync(join(dir, 'backups')).sort()
    assert.equal(kept.length, 4, kept.join())
    assert.ok(
      kept.includes('notes.txt') && kept.includes('fairlead-by-hand.backup') && kept.includes('fairlead-2025-01-03T00-00-00-000Z.backup'),
    )
    const made = join(
      dir,
      'backups',
      kept.find((name) => name.startsWith('fairlead-202') && !name.includes('2025-01'))!,
    )
    assert.equal(statSync(made).mode & 0o777, 0o600)
    const { code, out } = await hubCommand(['restore', made, '--check', '--json'], { env: env() })
    assert.equal(code, 0)
    assert.ok((JSON.parse(out) as { tables: number }).tables > 20)
    await until(async () => Math.abs((await figure('fairlead_last_backup_timestamp_seconds')) - Date.now() / 1000) < 120)
    assert.equal(await figure('fairlead_backup_failed'), 0)
    assert.equal(await figure('fairlead_hub_held'), 0)
    assert.ok((await figure('fairlead_certificate_expiry_timestamp_seconds')) > Date.now() / 1000)
  })

  it('is looked at check by check, and a hub that is well passes', { timeout: 60_000 }, async () => {
    const { code, findings, find } = await look()
    assert.deepEqual(
      findings.filter(({ state }) => state === 'failed'),
      [],
    )
    assert.equal(code, 0)
    for (const name of [
      'settings',
      'data folder',
      'disk',
      'hub',
      'certificate',
      'public URL',
      'proxies',
      'clock',
      'database',
      'role',
      'migrations',
      'key',
      'confirmed',
      'backup',
      'trail',
    ])
      assert.ok(find(name).length > 0, name)
    for (const { state, mend } of findings) assert.equal(state === 'ok', mend === '')
    assert.equal(find('backup')[0]!.state, 'ok')
  })

  it('is told apart from what is wrong, with what mends it', { timeout: 60_000 }, async () => {
    chmodSync(join(hub.dataDir, 'kek'), 0o644)
    writeFileSync(join(dir, 'kek'), Buffer.alloc(32, 1), { mode: 0o600 })
    writeFileSync(join(dir, 'half.pem'), 'half')
    const { code, find } = await look({
      FAIRLEAD_KEK_FILE: join(dir, 'kek'),
      FAIRLEAD_TLS_CERT: join(dir, 'half.pem'),
      FAIRLEAD_TLS_KEY: join(dir, 'half.pem'),
    })
    chmodSync(join(hub.dataDir, 'kek'), 0o600)
    assert.equal(code, 1)
    assert.match(find('data folder')[0]!.mend, /^chmod 600 .*kek$/)
    assert.match(find('key')[0]!.says, /not the one that the secrets are sealed under/)
    assert.match(find('certificate')[0]!.says, /no PEM file/)
    const { code: bad, out } = await hubCommand(['doctor'], { env: { ...env(), FAIRLEAD_PUBLIK_URL: 'x' } })
    assert.equal(bad, 1)
    assert.match(out, /^FAILED {2}settings .*did you mean FAIRLEAD_PUBLIC_URL/)
  })
})
