import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeScript } from '../fleet/script.ts'
import { need } from '../need.ts'

const program = `fairlead-agent-linux-${arch()}`
/** In a namespace of its own no unit is written and no service touched of the machine that tests. */
const apart = 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && mount -t tmpfs tmpfs /etc/systemd/system && exec sh "$0"'

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
    mkdirSync(join(dir, 'bin'))
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
  ): Promise<{ readonly code: number | null; readonly said: string; readonly called: readonly string[] }> {
    writeFileSync(calls, '')
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
    const child = spawn('unshare', ['-m', 'sh', '-c', apart, join(dir, 'i.sh')], { env })
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
