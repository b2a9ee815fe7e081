import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { askAgent } from '@fairlead/agent/local.ts'
import type { TestHost } from '@fairlead/hub/updates/test-host.ts'
import type { Host } from '@fairlead/protocol/features/hosts.ts'
import type { Wave, WaveHost } from '@fairlead/protocol/features/updates-api.ts'
import type { UpdateState } from '@fairlead/protocol/features/updates.ts'
import { invite } from '../fleet/console.ts'
import { joinTestHost } from '../fleet/made-up-host.ts'
import { startOwnedHub, type OwnedHub } from '../fleet/one.ts'
import { startAgent, type AgentProcess } from '../fleet/programs.ts'
import { until } from '../fleet/until.ts'
import { broken, install, makeBuilds, writeRelease, type Builds } from '../fleet/updated.ts'

interface Status {
  readonly pid: number
  readonly version: string
  readonly upSinceMs: number | null
  readonly update: UpdateState
}

const madeUp = 200
const joinedAtOnce = 8

// A real hub with two hundred made-up hosts, each of a kind of its own, and three real agents under their starter: of their kind there are
// most, so one of them is the first. What they are sent is signed and whole, and does not work.
describe('a broken build for a fleet', () => {
  let dir: string
  let builds: Builds
  let owned: OwnedHub
  const real: AgentProcess[] = []
  const others: TestHost[] = []

  before(
    async () => {
      dir = mkdtempSync('/var/tmp/fairlead-wave-')
      builds = await makeBuilds()
      owned = await startOwnedHub()
      for (const name of ['real-1', 'real-2', 'real-3']) {
        const starter = install(join(dir, name), '/nonexistent', builds.bundle)
        const line = await invite(owned.owner, owned.address)
        real.push(await startAgent(line, join(dir, 'none.sock'), { name, file: '/bin/sh', program: [starter] }))
      }
      const names = Array.from({ length: madeUp }, (_, n) => `made-up-${n}`).values()
      const join_ = async () => {
        for (const name of names) {
          const host = await joinTestHost(await invite(owned.owner, owned.address), name, `System of ${name}`)
          host.way = 'returns'
          others.push(host)
        }
      }
      await Promise.all(Array.from({ length: joinedAtOnce }, join_))
      await until(async () => (await versions()).some(({ version, online }) => version === '0.1.0' && online === madeUp + 3), 120)
      // Of what kind a host is it says a moment after its version.
      await until(async () => (await hosts()).every(({ facts }) => facts !== null), 120)
    },
    { timeout: 300_000 },
  )
  after(async () => {
    for (const host of others) host.detach()
    for (const agent of real) await agent.stop()
    await owned?.stop()
    builds?.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const ask = async <T>(method: string, path: string, body?: unknown) => {
    const { status, text } = await owned.owner.ask(method, `/api/v1/updates${path}`, body === undefined ? {} : { body })
    assert.equal(status, 200, text)
    return JSON.parse(text) as T
  }
  const hosts = async () => JSON.parse((await owned.owner.ask('GET', '/api/v1/hosts')).text) as Host[]
  const versions = async () => (await ask<{ versions: { version: string; online: number }[] }>('GET', '')).versions
  const status = (agent: AgentProcess) => askAgent<Status>(agent.stateDir, 'status').catch(() => undefined)

  let counter = 1
  for (const [what, said] of [
    ['ends', /^It ended with 3 before it had logged in\.$/],
    ['cannot log in', /^It did not log in within 6 seconds\.$/],
  ] as const)
    it(
      `that ${what} is halted at its first host, which goes on with what it had; nobody is lost [security 144 145]`,
      { timeout: 120_000 },
      async () => {
        const version = `0.2.${++counter}`
        const before = await Promise.all(real.map(status))
        writeRelease(join(owned.hub.dataDir, 'releases', version), builds.keys, {
          file: builds.of(version, broken[what]),
          version,
          counter,
        })
        const { id } = await ask<Wave>('POST', '/waves', { counter, pauseMinutes: 0 })
        const look = () => ask<{ wave: Wave; hosts: WaveHost[] }>('GET', `/waves/${id}`)
        await until(async () => (await look()).wave.state === 'halted', 60)
        const { wave, hosts } = await look()
        assert.deepEqual([wave.stage, wave.stages], [0, [{ failed: 1 }, { dropped: 10 }, { dropped: 40 }, { dropped: 152 }]])
        const failed = hosts.find(({ state }) => state === 'failed')!
        assert.match(failed.name, /^real-/)
        assert.equal(failed.reason, 'returned')
        assert.match(failed.said, said)
        assert.deepEqual(
          others.filter(({ offers, starts }) => offers + starts > 0),
          [],
        )
        await until(async () => (await versions()).some((one) => one.version === '0.1.0' && one.online === madeUp + 3))
        for (const [at, agent] of real.entries()) {
          const now = (await status(agent))!
          assert.equal(now.version, '0.1.0')
          assert.ok(now.upSinceMs !== null)
          if (failed.name === `real-${at + 1}`) {
            assert.equal(now.update.phase, 'returned')
            assert.match(readFileSync(join(agent.stateDir, 'programs/slots'), 'utf8'), /^now=installed\nbefore=\n$/)
          } else assert.equal(now.pid, before[at]!.pid)
        }
      },
    )
})
