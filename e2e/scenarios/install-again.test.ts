import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { arch } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { need } from '../need.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
/** In a namespace of its own no unit is written and no service touched of the machine that tests. */
const apart = 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && mount -t tmpfs tmpfs /etc/systemd/system && exec sh "$0"'

/** The real script on a machine where the service runs already; what it calls only writes down that it was called. */
describe('the installer where an agent runs already', need('tmpfs', 'curl'), () => {
  const dir = mkdtempSync('/var/tmp/fairlead-again-')
  const calls = join(dir, 'calls')
  const program = (name: string, text: string) => {
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(dir, 'bin', name), 0o755)
  }
  let server: Server
  let address = ''
  let agentEnds = 0
  const node = () => `#!/bin/sh\n[ "$2" = --version ] || { cat >/dev/null; echo "agent $2" >> ${calls}; exit ${agentEnds}; }\n`

  before(async () => {
    mkdirSync(join(dir, 'bin'))
    program('systemctl', `echo "systemctl $*" >> ${calls}`)
    server = createServer((request, response) => response.end(request.url === '/dl/node' ? node() : 'agent'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })

  async function install(): Promise<{ readonly code: number | null; readonly said: string; readonly called: readonly string[] }> {
    writeFileSync(calls, '')
    const script = readFileSync(join(import.meta.dirname, '../../installers/install.sh'), 'utf8')
      .replaceAll('@NODE_ARCH@', arch() === 'x64' ? 'x86_64' : 'aarch64')
      .replaceAll('@NODE_SHA256@', sha256(node()))
      .replaceAll('@AGENT_SHA256@', sha256('agent'))
    writeFileSync(join(dir, 'i.sh'), script)
    const env = {
      PATH: `${dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      FAIRLEAD_PREFIX: join(dir, 'opt'),
      FAIRLEAD_STATE_DIR: join(dir, 'state'),
    }
    const child = spawn('unshare', ['-m', 'sh', '-c', apart, join(dir, 'i.sh')], { env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()))
    child.stdin.end(`flj1.a.b.c.${Buffer.from(address).toString('base64url')}\n\n\n\n`)
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

  it('starts it again where the enrolment is refused, and says so', async () => {
    agentEnds = 1
    const { code, said, called } = await install()
    assert.equal(code, 1)
    assert.match(said, /not enrolled; the reason is above\. The agent that was here runs on\./)
    assert.equal(called.at(-1), 'systemctl start fairlead-agent')
  })
})
