import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeScript } from '../fleet/script.ts'
import { need } from '../need.ts'

const name = `fairlead-agent-linux-${arch()}`
const program = '#!/bin/sh\n[ "$1" != --version ] || { echo 0.1.0; exit; }\ncat > /dev/null\n'

interface Case {
  readonly hub?: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly answer?: RequestListener
  /** Shell text before the script, in a namespace of mounts of its own. */
  readonly first?: string
  readonly network?: boolean
  readonly proxies?: readonly [string, string, string]
  /** Programs that are found before the machine's own. */
  readonly tools?: Readonly<Record<string, string>>
  readonly shell?: string
}

// The script as it is, with one thing in its way each time: it names that thing, says what mends it, and installs nothing.
describe('what is in the way of an installation', need('tmpfs', 'curl', 'busybox'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-blocked-')
  const asked: string[] = []
  let server: Server
  let address = ''
  let answer: RequestListener

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!)
      answer(request, response)
    })
    server.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })

  async function install(given: Case = {}): Promise<{ readonly code: number | null; readonly said: string; readonly installed: boolean }> {
    const {
      hub = address,
      files = { [name]: program },
      first = ':',
      network = true,
      proxies = ['', '', ''],
      tools = {},
      shell = 'sh',
    } = given
    answer =
      given.answer ??
      ((request, response) => {
        const file = files[request.url!.slice('/dl/'.length)]
        response.writeHead(file === undefined ? 404 : 200).end(file)
      })
    asked.length = 0
    const prefix = join(dir, 'opt')
    for (const folder of [prefix, join(dir, 'state'), join(dir, 'bin')]) {
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder)
    }
    for (const [tool, text] of Object.entries(tools)) {
      writeFileSync(join(dir, 'bin', tool), `#!/bin/sh\n${text}\n`)
      chmodSync(join(dir, 'bin', tool), 0o755)
    }
    writeFileSync(join(dir, 'i.sh'), makeScript(files))
    const env = {
      PATH: `${dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      FAIRLEAD_PREFIX: prefix,
      FAIRLEAD_STATE_DIR: join(dir, 'state'),
      P: prefix,
    }
    const apart = network ? ['-m'] : ['-m', '-n']
    // Without /run no service is touched of the machine that tests.
    const child = spawn(
      'unshare',
      [...apart, 'sh', '-c', `mount -t tmpfs tmpfs /run && ${first} && exec ${shell} "$0"`, join(dir, 'i.sh')],
      { env },
    )
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
    child.stdin.end(`flj1.a.b.c.${Buffer.from(hub).toString('base64url')}\n${proxies.join('\n')}\n`)
    const code = await new Promise<number | null>((done) => child.once('close', done))
    return { code, said, installed: existsSync(join(prefix, 'fairlead-agent')) }
  }
  async function blocks(given: Case, what: string, fix: RegExp): Promise<void> {
    const { code, said, installed } = await install(given)
    assert.equal(code, 1, said)
    assert.ok(said.includes(`fairlead: blocked (${what}): `), said)
    assert.match(said, fix)
    assert.equal(installed, false)
    assert.equal(existsSync(join(dir, 'opt/next')), false, 'a half installation is left')
  }

  for (const shell of ['dash', 'busybox sh', 'bash'])
    it(`is nothing, under ${shell}`, async () => {
      const { code, said, installed } = await install({ shell })
      assert.equal(code, 0, said)
      assert.equal(installed, true)
      assert.match(said, /run the agent in the foreground with: \S+ run/)
      assert.match(said, /no Docker or Podman answers here/)
    })

  it('is the name, the way, the other end or what is between', async () => {
    await blocks(
      { hub: 'https://hub.invalid:8443', network: false },
      'DNS',
      /hub\.invalid does not resolve here\n.*fix: mend this machine's DNS/,
    )
    await blocks({ hub: 'https://127.0.0.1:1' }, 'TCP', /fix: let this machine out to 127\.0\.0\.1, port 1 /)
    await blocks({ hub: address.replace('http:', 'https:') }, 'TLS', /speaks no TLS/)
    await blocks({ answer: (_request, response) => response.writeHead(503).end() }, 'hub', /fix: is this the hub's own address\?/)
  })

  it('is the proxy: one that is not there, and one that refuses', async () => {
    const hub = 'https://hub.invalid:8443'
    await blocks({ hub, proxies: ['http://127.0.0.1:1', '', ''] }, 'proxy', /fix: check HTTPS_PROXY; .* add hub\.invalid to NO_PROXY/)
    await blocks(
      { hub, proxies: [address, '', ''] },
      'proxy',
      /refuses to open a way to hub\.invalid:8443\n.* tunnel to hub\.invalid, port 8443/,
    )
  })

  it('is the disk: too small, full, read-only, or one that lets no program run', async () => {
    await blocks({ first: 'mount -t tmpfs -o size=10m tmpfs $P' }, 'disk', /\d MB are free in .*; 254 are wanted\n.*fix: make room there/)
    await blocks({ first: 'mount -t tmpfs -o ro,size=400m tmpfs $P' }, 'disk', /is the file system mounted read-only/)
    await blocks({ first: 'mount -t tmpfs -o noexec,size=400m tmpfs $P' }, 'start', /mount option noexec/)
  })

  it('is the processor or the C library, when no Node of its own helps', async () => {
    const tools = { uname: 'echo riscv64' }
    await blocks({ tools: { ...tools, node: 'exit 1' } }, 'architecture', /this hub serves no agent for riscv64/)
    await blocks(
      { tools: { getconf: 'echo glibc 2.17', node: 'exit 1' } },
      'C library',
      /glibc 2\.17; the agent wants glibc 2\.28 or newer/,
    )
    const bundle = { 'agent.cjs': 'the bundle' }
    // Plays a Node that is new enough, and runs what it is given for an agent.
    const node = '[ "$1" = -e ] && exit 0; [ "$3" = --version ] && echo 0.1.0; cat > /dev/null'
    const { code, said } = await install({ tools: { ...tools, node }, files: bundle })
    assert.equal(code, 0, said)
    assert.deepEqual(asked, ['/dl/agent.cjs'])
    assert.match(
      readFileSync(join(dir, 'opt/fairlead-agent'), 'utf8'),
      /^prefix="\S+\/opt" state="\S+\/state" node="\S+\/bin\/node" installed="\S+\/opt\/agent\.cjs"$/m,
    )
  })

  it('is not the clock, which is named all the same', async () => {
    const late: RequestListener = (_request, response) => {
      response.sendDate = false
      response.writeHead(200, { Date: new Date(Date.now() - 3_600_000).toUTCString() }).end(program)
    }
    const { code, said } = await install({ answer: late })
    assert.equal(code, 0, said)
    assert.match(said, /clock: this machine's clock is 3\d{3} s from the hub's.*\nfairlead: fix: timedatectl set-ntp true/)
  })

  it('is not what is missing to unpack: the smallest is taken that can be', async () => {
    const packed = {
      [name]: program,
      [`${name}.gz`]: gzipSync(program),
      [`${name}.xz`]: execFileSync('xz', ['--stdout'], { input: program }),
    }
    const hide = (tool: string) => `mount --bind /dev/null ${join('/usr/bin', tool)}`
    for (const [first, suffix] of [
      [':', '.xz'],
      [hide('xz'), '.gz'],
      [`${hide('xz')} && ${hide('gzip')}`, ''],
    ] as const) {
      const { code, said } = await install({ files: packed, first })
      assert.equal(code, 0, said)
      assert.deepEqual(asked, [`/dl/${name}${suffix}`])
      assert.equal(readFileSync(join(dir, 'opt/agent'), 'utf8'), program)
    }
    // What is packed is as true as what it holds.
    const { code, said } = await install({ files: { ...packed, [`${name}.xz`]: execFileSync('xz', ['--stdout'], { input: 'other' }) } })
    assert.equal(code, 1)
    assert.match(said, /is not what the hub's line promised/)
  })

  it('is a folder that may be somebody else’s: nothing of it is removed', async () => {
    writeFileSync(join(dir, 'i.sh'), makeScript({}))
    const mine = join(dir, 'mine')
    mkdirSync(mine, { recursive: true })
    writeFileSync(join(mine, 'thesis.txt'), 'x')
    const env = { PATH: process.env['PATH']!, FAIRLEAD_PREFIX: mine, FAIRLEAD_STATE_DIR: join(dir, 'no-state') }
    const child = spawn('sh', [join(dir, 'i.sh'), '--uninstall'], { env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
    assert.equal(await new Promise((done) => child.once('close', done)), 1)
    assert.match(said, /left \S+\/mine, which this did not install\.\nfairlead: nothing of an agent/)
    assert.equal(existsSync(join(mine, 'thesis.txt')), true)
  })
})
