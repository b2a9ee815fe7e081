import assert from 'node:assert/strict'
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startMachine, type Machine } from '../fleet/machine.ts'
import { buildMuslRoot, lend } from '../fleet/musl.ts'
import { openNet, type Net } from '../fleet/net.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { buildRelease } from '../fleet/paste.ts'
import { until } from '../fleet/until.ts'
import { need } from '../need.ts'

// As an Alpine: busybox, musl, and nothing that starts services. See e2e/fleet/musl.ts for what its Node is.
describe('the line where the C library is musl', need('netns', 'nspawn', 'busybox'), () => {
  let net: Net
  let owned: OwnedHub
  let machine: Machine

  before(async () => {
    const [base] = await Promise.all([buildMuslRoot(), buildRelease()])
    net = openNet(1)
    owned = await startOwnedHub({ net })
    machine = await startMachine({ base, where: net.sites[0]!, init: undefined })
    await machine.sh('hostname with-musl')
  })
  after(async () => {
    await machine?.stop()
    await owned?.stop()
    net?.close()
  })

  const line = async () => String((await owned.owner.ask('POST', '/api/v1/invitations', { body: { address: owned.address } })).body['line'])
  const online = async () => /"online":true/.test((await owned.owner.ask('GET', '/api/v1/hosts')).text)
  const installed = () => ['opt/fairlead', 'var/lib/fairlead'].filter((folder) => existsSync(join(machine.root, folder)))

  for (const [which, node] of [
    ['no Node', undefined],
    ['one that is too old', '#!/bin/sh\nexit 1\n'],
  ] as const)
    it(`refuses with ${which}, says what to install, and leaves nothing`, async () => {
      assert.match((await machine.sh('/lib/ld-musl-*.so.1')).said, /^musl libc/)
      const file = join(machine.root, 'usr/bin/node')
      if (node !== undefined) writeFileSync(file, node, { mode: 0o755 })
      const { code, said } = await machine.sh(await line())
      rmSync(file, { force: true })
      assert.equal(code, 1, said)
      assert.match(said, /blocked \(C library\): musl, and no Node 22\.13 or newer\nfairlead: fix: apk add nodejs, and run this again; or /)
      assert.deepEqual(installed(), [])
    })

  it('takes the bundle on the Node that is there, says the one command that runs it, and goes again', { timeout: 120_000 }, async () => {
    copyFileSync(process.execPath, join(machine.root, 'opt/node'))
    lend(machine.root, 'node', '/opt/node')
    const { code, said } = await machine.sh(await line())
    assert.equal(code, 0, said)
    const command = /No systemd or OpenRC runs here; run the agent in the foreground with: (\S+ run)\n/.exec(said)?.[1]
    assert.equal(command, '/opt/fairlead/fairlead-agent run')
    assert.equal(existsSync(join(machine.root, 'opt/fairlead/agent.cjs')), true)
    assert.equal(existsSync(join(machine.root, 'opt/fairlead/agent')), false, 'the program for glibc would not start')
    const running = machine.sh(`exec ${command}`)
    await until(online, 60)
    // Its busybox has no pgrep.
    await machine.sh('for p in /proc/[0-9]*; do if tr "\\0" " " < $p/cmdline | grep -q "agent.cjs ru[n]"; then kill ${p#/proc/}; fi; done')
    await running
    const gone = await machine.sh(`curl -fsSk ${owned.address}/i.sh -o /root/i.sh && sh /root/i.sh --uninstall`)
    assert.equal(gone.code, 0, gone.said)
    assert.deepEqual(installed(), [])
  })
})
