import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeScript } from '../fleet/script.ts'
import { need } from '../need.ts'

const program = `fairlead-agent-linux-${arch()}`
/** In a namespace of its own no unit is written and no service touched of the machine that tests, and it has the account of an agent. */
const apart =
  'for file in passwd group; do mount --bind "$(dirname "$0")/$file" /etc/$file; done && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && mount -t tmpfs tmpfs /etc/systemd/system && exec sh "$0" "$@"'
/** What an account of its own has as its number there. */
const accountId = 64_999

/** The real script on a machine where the service runs already; what it calls only writes down that it was called. */
describe('the installer where an agent runs already', need('tmpfs', 'curl'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-again-')
  const calls = join(dir, 'calls')
  const asked: string[] = []
  const tool = (name: string, text: string) => {
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(dir, 'bin', name), 0o755)
  }
  let server: Server
  let address = ''
  let agentEnds = 0
  let starts = true
  let enrolledWith = ''
  let served = ''
  /** Each writes down its verb. */
  const agent = () =>
    [
      '#!/bin/sh',
      'case "$1" in',
      `  --version) ${starts ? 'echo 0.1.0; exit' : 'echo broken >&2; exit 1'} ;;`,
      'esac',
      'cat >/dev/null',
      `echo "agent $1" >> ${calls}`,
      `exit ${agentEnds}`,
      '',
    ].join('\n')

  before(async () => {
    chmodSync(dir, 0o755)
    for (const [file, line] of [
      ['passwd', `fairlead:x:${accountId}:${accountId}::/nonexistent:/usr/sbin/nologin`],
      ['group', `fairlead:x:${accountId}:`],
    ] as const)
      writeFileSync(join(dir, file), `${readFileSync(join('/etc', file), 'utf8').trimEnd()}\n${line}\n`)
    mkdirSync(join(dir, 'bin'))
    tool('usermod', 'exit 0')
    tool('systemctl', `echo "systemctl $*" >> ${calls}`)
    server = createServer((request, response) => {
      asked.push(request.url!)
      response.writeHead(request.url === `/dl/${program}` ? 200 : 404).end(served)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })

  async function install(
    join_ = `flj1.a.b.c.${Buffer.from(address).toString('base64url')}`,
    ...argv: string[]
  ): Promise<{ readonly code: number | null; readonly said: string; readonly called: readonly string[] }> {
    writeFileSync(calls, '')
    chmodSync(calls, 0o666)
    mkdirSync(join(dir, 'state'), { recursive: true })
    writeFileSync(join(dir, 'state/hub.json'), JSON.stringify({ address: enrolledWith, hubKey: 'k' }))
    asked.length = 0
    served = agent()
    writeFileSync(join(dir, 'i.sh'), makeScript({ [program]: served }))
    const env = {
      PATH: `${dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      FAIRLEAD_PREFIX: join(dir, 'opt'),
      FAIRLEAD_STATE_DIR: join(dir, 'state'),
    }
    const child = spawn('unshare', ['-m', 'sh', '-c', apart, join(dir, 'i.sh'), ...argv], { env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
    child.stdin.end(`${join_}\n\n\n\n`)
    const code = await new Promise<number | null>((done) => child.once('close', done))
    return { code, said, called: readFileSync(calls, 'utf8').trim().split('\n') }
  }

  it('stops it before it enrols, so that the hub sees no second machine with its key, and starts it after', async () => {
    const { code, said, called } = await install()
    assert.equal(code, 0, said)
    const at = (call: string) => called.indexOf(call)
    assert.ok(at('systemctl stop fairlead-agent') >= 0 && at('systemctl stop fairlead-agent') < at('agent enrol'), called.join('\n'))
    assert.ok(at('systemctl restart fairlead-agent') > at('agent enrol'), called.join('\n'))
  })

  it('fetches nothing that is there already, and enrols all the same', async () => {
    const { code, said, called } = await install()
    assert.equal(code, 0, said)
    assert.deepEqual(asked, [])
    assert.match(said, /the program is the newest one already/)
    assert.ok(called.includes('agent enrol') && called.includes('systemctl restart fairlead-agent'))
  })

  it('starts it again where the enrolment is refused, and says so', async () => {
    agentEnds = 1
    const { code, said, called } = await install()
    assert.equal(code, 1)
    assert.match(said, /not enrolled; the reason is above\. The agent that was here runs on\./)
    assert.equal(called.at(-1), 'systemctl start fairlead-agent')
  })

  it('repairs the host of this very hub with a line that lets nobody in any more, and of no other hub', async () => {
    enrolledWith = address
    const { code, said, called } = await install()
    assert.equal(code, 0, said)
    assert.match(said, /this line lets nobody in any more .*; the host stays enrolled as it was/)
    assert.ok(called.includes('systemctl restart fairlead-agent'))
    enrolledWith = `${address}0`
    assert.equal((await install()).code, 1)
  })

  it('upgrades a host without any join string: it knows its hub', async () => {
    enrolledWith = address
    assert.equal((await install()).code, 0)
    const { code, said, called } = await install('')
    assert.equal(code, 0, said)
    assert.equal(called.includes('agent enrol'), false)
    assert.ok(called.includes('systemctl restart fairlead-agent'))
  })

  // Root emptied what the link of an account led to: its own files, or /etc/shadow.
  for (const argv of [['--least-privilege'], []])
    it(`follows no link that an account laid in its state ${argv.join()} [security 64]`, async () => {
      agentEnds = 0
      const [state, mark, other] = [join(dir, 'state'), join(dir, 'state/.fairlead-installed'), join(dir, 'other')]
      rmSync(mark, { force: true })
      writeFileSync(other, 'precious')
      symlinkSync(other, mark)
      mkdirSync(join(state, 'programs'), { recursive: true })
      for (const path of [state, join(state, 'programs'), mark]) lchownSync(path, accountId, accountId)
      const { code, said } = await install(undefined, ...argv)
      assert.equal(code, 0, said)
      assert.equal(readFileSync(other, 'utf8'), 'precious')
      assert.equal(statSync(other).uid, 0)
      assert.equal(lstatSync(mark).isFile(), true)
      assert.equal(existsSync(join(state, 'programs')), false)
      const owner = argv.length === 0 ? 0 : accountId
      for (const path of [state, mark]) assert.equal(statSync(path).uid, owner, path)
    })

  it('gives all of what root had to the account that takes its place [security 64]', async () => {
    const deep = join(dir, 'state/journal/in')
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(deep, 'one'), '')
    const { code, said } = await install(undefined, '--least-privilege')
    assert.equal(code, 0, said)
    for (const path of [join(deep, 'one'), deep, join(dir, 'state')]) assert.equal(statSync(path).uid, accountId, path)
  })

  it('takes no folder of two lines, of which each alone would do', () => {
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', FAIRLEAD_PREFIX: join(dir, 'new\nline'), FAIRLEAD_STATE_DIR: join(dir, 'state') }
    const { status, stderr } = spawnSync('sh', [join(dir, 'i.sh')], { env, input: '', encoding: 'utf8' })
    assert.equal(status, 1)
    assert.match(stderr, /has a character that belongs in no unit/)
    assert.equal(existsSync(join(dir, 'new\nline')), false)
  })

  it('leaves the agent that works alone where the new one does not start', async () => {
    const before = readFileSync(join(dir, 'opt/agent'), 'utf8')
    starts = false
    const { code, said, called } = await install()
    assert.equal(code, 1)
    assert.match(said, /broken\nfairlead: blocked \(start\)/)
    assert.equal(readFileSync(join(dir, 'opt/agent'), 'utf8'), before)
    assert.equal(called.includes('systemctl stop fairlead-agent'), false)
    assert.equal(existsSync(join(dir, 'opt/next')), false)
  })
})
