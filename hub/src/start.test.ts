import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import postgres from 'postgres'
import { startPostgres } from './base/postgres.ts'
import { createOwner } from '../../e2e/fleet/console.ts'
import { startHub } from '../../e2e/fleet/programs.ts'
import { until } from '../../e2e/fleet/until.ts'
import { usual } from '../../e2e/fleet/usual.ts'
import { need } from '../../e2e/need.ts'

const main = join(import.meta.dirname, 'main.ts')

/** The hub's own program with exactly this environment; resolves with its exit code and everything it said. */
function run(
  env: Readonly<Record<string, string>>,
  before: readonly string[] = [],
): {
  child: ChildProcess
  ended: Promise<{ code: number | null; said: string }>
  said(): string
} {
  let said = ''
  const child = spawn(process.execPath, [...before, main], {
    env: { ...usual, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (part: Buffer) => (said += part.toString()))
  return { child, said: () => said, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, said })) }
}

async function inDir(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync('/var/tmp/fairlead-start-')
  chmodSync(dir, 0o711)
  try {
    await test(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const anywhere = { FAIRLEAD_LISTEN: 'http://localhost:0', FAIRLEAD_TLS_LISTEN: 'https://127.0.0.1:0' }

describe('a hub that cannot start', () => {
  it('says which method nobody guarded, ends with 70, and leaves no database behind [security 1]', { timeout: 60_000 }, async () => {
    const contract = import.meta.resolve('@fairlead/protocol/features/hub.ts')
    for (const [sabotage, wanted] of [
      ['delete hubFeatures.hosts.list.door.needs', /hosts\.list has no permission or scope/],
      ['delete hubFeatures.containers.stop.door.audit', /containers\.stop changes something and has no name in the audit trail/],
      ['delete hubFeatures.events.watch.input', /events\.watch has no schema of what it is asked/],
    ] as const) {
      const before = ['--import', `data:text/javascript,${encodeURIComponent(`import { hubFeatures } from '${contract}'; ${sabotage}`)}`]
      await inDir(async (dir) => {
        const { code, said } = await run({ ...anywhere, FAIRLEAD_DATA_DIR: join(dir, 'data') }, before).ended
        assert.equal(code, 70, said)
        assert.match(said, wanted)
        assert.deepEqual(globSync('**/postmaster.pid', { cwd: dir }), [])
        assert.doesNotMatch(said, /Console:/)
      })
    }
  })

  it('refuses a key that is not the one of its secrets, and says what mends it, with 64 [security 129]', { timeout: 60_000 }, async () => {
    await inDir(async (dir) => {
      const env = { ...anywhere, FAIRLEAD_DATA_DIR: join(dir, 'data') }
      const first = run(env)
      await until(() => first.said().includes('Console:'))
      first.child.kill('SIGTERM')
      await first.ended
      writeFileSync(join(dir, 'other'), randomBytes(32), { mode: 0o600 })
      const { code, said } = await run({ ...env, FAIRLEAD_KEK_FILE: join(dir, 'other') }).ended
      assert.equal(code, 64, said)
      assert.match(said, /secrets in this database are sealed with another key encryption key: the file .*other is not the one/)
      assert.match(said, /at first it is the file .*data\/kek/)
      assert.doesNotMatch(said, /Console:|at file:/)
      assert.deepEqual(globSync('**/postmaster.pid', { cwd: dir }), [])
    })
  })

  it('names every broken setting at once, each with what mends it, repeats no secret, and ends with 78', async () => {
    await inDir(async (dir) => {
      writeFileSync(join(dir, 'file'), '')
      const { code, said } = await run({
        FAIRLEAD_PUBLIK_URL: 'x',
        FAIRLEAD_PUBLIC_URL: 'http://hub.example',
        FAIRLEAD_LISTEN: 'everywhere',
        FAIRLEAD_TRUSTED_PROXIES: 'everyone',
        FAIRLEAD_KEK_PASSPHRASE: 'hunter2secret',
        FAIRLEAD_KEK_COMMAND: 'get-key | head',
        FAIRLEAD_TLS_CERT: join(dir, 'none.pem'),
        FAIRLEAD_METRICS_TOKEN_FILE: join(dir, 'none'),
        DATABASE_URL: 'mysql://root:hunter2secret@db/x',
        FAIRLEAD_DATA_DIR: join(dir, 'file/data'),
      }).ended
      assert.equal(code, 78)
      for (const wanted of [
        /PUBLIK_URL.*did you mean FAIRLEAD_PUBLIC_URL/,
        /FAIRLEAD_PUBLIC_URL must begin with https:.*http:\/\/ is for this machine alone/,
        /FAIRLEAD_LISTEN must look like http:/,
        /TRUSTED_PROXIES holds "everyone"/,
        /Of FAIRLEAD_KEK_FILE, FAIRLEAD_KEK_COMMAND and FAIRLEAD_KEK_PASSPHRASE only one/,
        /KEK_PASSPHRASE must have 16 characters/,
        /KEK_COMMAND must be a list like/,
        /TLS_CERT names .*none\.pem, which cannot be read/,
        /TLS_CERT and FAIRLEAD_TLS_KEY belong together/,
        /METRICS_TOKEN_FILE names/,
        /DATABASE_URL is not a usable address; it must look like postgres:/,
        /is not a folder.*FAIRLEAD_DATA_DIR/,
      ])
        assert.match(said, wanted)
      assert.doesNotMatch(said, /hunter2secret/)
      assert.doesNotMatch(said, /\n\s+at /, 'no stack for a person who mistyped a setting')
    })
  })

  it('says which port is taken, and by which setting it goes elsewhere', async () => {
    await inDir(async (dir) => {
      const taken = createServer().listen(0, '127.0.0.1')
      await once(taken, 'listening')
      const { port } = taken.address() as AddressInfo
      const env = { ...anywhere, FAIRLEAD_DATA_DIR: join(dir, 'data'), FAIRLEAD_TLS_LISTEN: `https://127.0.0.1:${port}` }
      const { code, said } = await run(env).ended
      taken.close()
      assert.equal(code, 73)
      assert.match(
        said,
        new RegExp(`cannot listen on 127.0.0.1:${port}: something else listens there.*FAIRLEAD_TLS_LISTEN=https://127.0.0.1:${port + 1}`),
      )
    })
  })

  it('says that its disk is full, or read-only, where, and what mends it', need('tmpfs'), async () => {
    await inDir(async (dir) => {
      mount(dir, 'size=6m')
      try {
        const env = { ...anywhere, FAIRLEAD_DATA_DIR: join(dir, 'data') }
        const little = await run(env).ended
        assert.equal(little.code, 70)
        assert.match(
          little.said,
          /PostgreSQL could not be set up in .*its disk is full; free about 100 MiB there, or set FAIRLEAD_DATA_DIR/,
        )
        assert.equal(spawnSync('dd', ['if=/dev/zero', `of=${join(dir, 'fill')}`, 'bs=64k'], { stdio: 'ignore' }).status, 1)
        const none = await run(env).ended
        assert.equal(none.code, 78)
        assert.match(none.said, /The disk that holds .* is full; free some space/)
        assert.equal(spawnSync('mount', ['-o', 'remount,ro', dir]).status, 0)
        const readOnly = await run(env).ended
        assert.equal(readOnly.code, 78)
        assert.match(readOnly.said, /mounted read-only; mount it writable/)
      } finally {
        spawnSync('umount', ['-l', dir])
      }
    })
  })

  it('refuses to be the second on a data folder, while the first goes on; a killed one leaves no lock', async () => {
    const first = await startHub()
    try {
      const second = await run({ ...anywhere, FAIRLEAD_DATA_DIR: first.dataDir }).ended
      assert.equal(second.code, 73)
      assert.match(
        second.said,
        /Another hub runs on .* already \(its console is http:\/\/localhost:\d+\); stop it, or give this one its own folder/,
      )
      assert.equal((await fetch(`${first.url}/readyz`)).status, 200)
      await first.restart('SIGKILL')
      assert.equal((await fetch(`${first.url}/readyz`)).status, 200)
    } finally {
      await first.stop()
    }
  })
})

describe('a hub whose database is elsewhere', () => {
  it('waits for one that does not answer yet, says so, and stops at once when asked', { timeout: 120_000 }, async () => {
    await withDatabase(async ({ dir, url, owner, open, close }) => {
      close()
      const env = { ...anywhere, FAIRLEAD_DATA_DIR: join(dir, 'data'), DATABASE_URL: url, DATABASE_OWNER_URL: owner }
      const given = run(env)
      await until(() => /does not answer \(ECONNREFUSED\); the hub waits/.test(given.said()))
      assert.doesNotMatch(given.said(), /work-password/)
      given.child.kill('SIGTERM')
      assert.equal((await given.ended).code, 0)
      const waiting = run(env)
      await until(() => /the hub waits/.test(waiting.said()))
      await open()
      await until(() => /Console: http/.test(waiting.said()))
      waiting.child.kill('SIGTERM')
      assert.equal((await waiting.ended).code, 0)
    })
  })

  it('does not wait for what waiting cannot mend: a wrong password, a database that is not there', { timeout: 120_000 }, async () => {
    await withDatabase(async ({ dir, url, owner }) => {
      const env = { ...anywhere, FAIRLEAD_DATA_DIR: join(dir, 'data'), DATABASE_URL: url }
      const wrong = await run({ ...env, DATABASE_OWNER_URL: owner.replace(/:[^:@]+@/, ':wrong-password@') }).ended
      assert.match(wrong.said, /does not let the hub in \(28P01\); mend the user and the password/)
      assert.doesNotMatch(wrong.said, /wrong-password/)
      const absent = await run({ ...env, DATABASE_OWNER_URL: owner.replace(/\/postgres$/, '/absent') }).ended
      assert.match(absent.said, /\(3D000\); that database does not exist/)
      assert.deepEqual([wrong.code, absent.code], [64, 64])
    })
  })
})

describe('a hub whose disk or database goes away while it runs', () => {
  it(
    'refuses changes while its disk is full, says so, serves what it has, and goes on when there is room [security 162]',
    { timeout: 180_000, ...need('tmpfs') },
    async () => {
      await inDir(async (dir) => {
        mount(dir, 'size=160m')
        const fill = join(dir, 'fill')
        const hub = await startHub({ env: { FAIRLEAD_DATA_DIR: join(dir, 'data') } })
        try {
          const owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
          const change = () => owner.ask('POST', '/api/v1/invitations', { body: { tags: [`x${'y'.repeat(60)}`] } })
          assert.equal((await change()).status, 200)
          spawnSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=64k'], { stdio: 'ignore' })
          let refused = await change()
          await until(async () => refused.status === 503 || (refused = await change()).status === 503)
          assert.ok(Number(refused.headers['retry-after']) > 0)
          assert.match(refused.text, /The disk of the hub’s database is full: nothing can be changed|database does not answer right now/)
          assert.equal((await owner.ask('GET', '/healthz')).status, 200)
          assert.equal((await owner.ask('GET', '/api/v1/welcome')).status, 200)
          rmSync(fill)
          await until(async () => (await change()).status === 200)
          await until(async () => (await owner.ask('GET', '/readyz')).status === 200)
          assert.match((await owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
          assert.doesNotMatch(hub.output, /unhandled rejection/)
        } finally {
          await hub.stop()
          spawnSync('umount', ['-l', dir])
        }
      })
    },
  )

  it('says so while a database elsewhere is gone, and finds it again by itself [security 161 169]', { timeout: 180_000 }, async () => {
    await withDatabase(async ({ dir, url, owner: ownerUrl, open, close }) => {
      const hub = await startHub({ env: { FAIRLEAD_DATA_DIR: join(dir, 'data'), DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl } })
      try {
        const owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
        for (let round = 0; round < 3; round++) {
          close()
          const gone = await owner.ask('GET', '/readyz')
          assert.deepEqual([gone.status, gone.body['database']], [503, 'down'])
          const refused = await owner.ask('POST', '/api/v1/invitations', { body: {} })
          assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '2'], refused.text)
          assert.match(refused.text, /database does not answer right now; try again in a moment/)
          assert.equal((await owner.ask('GET', '/healthz')).status, 200)
          await open()
          await until(async () => (await owner.ask('GET', '/readyz')).status === 200)
          assert.equal((await owner.ask('POST', '/api/v1/invitations', { body: {} })).status, 200)
        }
        assert.match((await owner.ask('GET', '/api/v1/audit/verify')).text, /"ok":true/)
        assert.doesNotMatch(hub.output, /unhandled rejection|work-password/)
      } finally {
        await hub.stop()
        assert.equal(hub.process.exitCode, 0)
      }
    })
  })

  it(
    'signs nobody out and drops no session when its clock jumps, forwards or back [security 163]',
    { timeout: 180_000, ...need('faketime') },
    async () => {
      await inDir(async (dir) => {
        const clock = join(dir, 'clock')
        const set = (offset: string) => writeFileSync(clock, offset)
        set('+0')
        const env = {
          FAIRLEAD_DATA_DIR: join(dir, 'data'),
          LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
          FAKETIME_TIMESTAMP_FILE: clock,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
        }
        const hub = await startHub({ env })
        try {
          const owner = await createOwner(`https://127.0.0.1:${hub.httpsPort}`, hub.code)
          const { session, api } = await owner.open()
          const dateOf = async () => Date.parse(String((await owner.ask('GET', '/healthz')).headers['date']))
          for (const [offset, ms] of [
            ['+3600', 3_600_000],
            ['-3600', -3_600_000],
            ['+2592000', 2_592_000_000],
            ['+0', 0],
          ] as const) {
            set(offset)
            await until(async () => Math.abs((await dateOf()) - Date.now() - ms) < 60_000)
            assert.equal((await owner.ask('GET', '/api/v1/me')).status, 200, offset)
            assert.equal((await api.logins.me({})).name, 'Owner')
            assert.equal(session.alive, true)
          }
          for (const [, ms] of hub.output.matchAll(/"ms":(-?\d+)/g)) assert.ok(Number(ms) >= 0 && Number(ms) < 60_000, `${ms} ms`)
          session.close(1000, 'done')
        } finally {
          await hub.stop()
          assert.equal(hub.process.exitCode, 0)
        }
      })
    },
  )
})

function mount(dir: string, options: string): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=711`, 'tmpfs', dir], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

interface Elsewhere {
  readonly dir: string
  readonly url: string
  readonly owner: string
  open(): Promise<void>
  close(): void
}

/** A real PostgreSQL behind a TCP port that can be shut. */
async function withDatabase(test: (database: Elsewhere) => Promise<void>): Promise<void> {
  await inDir(async (dir) => {
    const { socketDir, user, password, stop } = await startPostgres(join(dir, 'postgres'), { fsync: false })
    let relay: Server
    let port = 0
    const sockets = new Set<Socket>()
    // What is under way is cut off too, as when the machine of a database dies.
    const close = () => {
      relay.close()
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    }
    const open = async () => {
      relay = createServer((socket) => {
        sockets.add(socket)
        const inner = connect(join(socketDir, '.s.PGSQL.5432'))
        socket
          .on('close', () => inner.destroy())
          .on('error', () => inner.destroy())
          .pipe(inner)
        inner.on('error', () => socket.destroy()).pipe(socket)
      }).listen(port, '127.0.0.1')
      await once(relay, 'listening')
      port = (relay.address() as AddressInfo).port
    }
    await open()
    const owner = `postgres://${user}:${password}@127.0.0.1:${port}/postgres`
    const sql = postgres(owner, { max: 1, onnotice: () => undefined })
    await sql`CREATE ROLE fairlead_work LOGIN PASSWORD 'work-password'`
    await sql.end()
    try {
      await test({ dir, url: owner.replace(/\/\/[^@]+@/, '//fairlead_work:work-password@'), owner, open, close })
    } finally {
      close()
      await stop()
    }
  })
}
