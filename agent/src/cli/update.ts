import { constants, readFileSync, statSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { blockBytes, type UpdateState } from '@fairlead/protocol/features/updates.ts'
import { askAgent } from '../local.ts'
import { followReleaseKeys } from '../policy/follow.ts'
import { hashOf, hashOfFile } from '../updates/fetch.ts'
import { judgeHere } from '../updates/judge.ts'
import { readMemory, remember, type Release } from '../updates/memory.ts'
import { findOwn, here, type Own } from '../updates/own.ts'
import { fileOf, makePrograms, readSlots, slotOf } from '../updates/slots.ts'
import { letRun } from '../updates/state.ts'
import { tryProgram } from '../updates/try.ts'
import type { Cli } from './verb.ts'
import { doing, poke, refuseOthers } from './host.ts'
import { asOwner, otherOwner } from './owner.ts'
import { facts } from './show.ts'

export async function run(cli: Cli): Promise<void> {
  const folder = cli.options['file']
  if (folder === undefined) return show(cli)
  refuseOthers(cli)
  const own = findOwn(here(cli.config.starter, undefined))
  if (own.target === null) throw new FairleadError('unsupported', own.problem)
  const release = judge(cli, String(folder), own)
  await doing(cli, { verb: 'update', targetName: release.version, facts: { version: release.version } }, () =>
    take(cli, String(folder), own, release),
  )
  const runs = await poke(cli)
  cli.say({ version: release.version, agentRuns: runs }, () =>
    [
      `Release ${release.version} is here, signed and whole.`,
      runs
        ? 'It starts now. Unless it logs in to the hub within two minutes, the one of before comes back: fairlead-agent update'
        : 'No agent runs; once it does, this one is tried first: systemctl restart fairlead-agent',
    ].join('\n'),
  )
}

/** The same judgement as of what a hub offers: who signs is asked, not who brings it. */
function judge({ config: { policyFile, stateDir } }: Cli, folder: string, own: Own): Release {
  const read = (name: string) => {
    const file = join(folder, name)
    const text = statSync(file, { throwIfNoEntry: false })
    if (text === undefined)
      throw new FairleadError('not_found', `There is no ${file}; a release is a folder with manifest.json, its signature and the programs.`)
    if (text.size > 8192) throw new FairleadError('too_large', `${file} is larger than 8 KiB, so it is no part of a release.`)
    return readFileSync(file, 'utf8')
  }
  const brought = { manifest: read('manifest.json'), signature: read('manifest.json.minisig') }
  return judgeHere(brought, { target: own.target!, stateDir, ownKeys: followReleaseKeys(policyFile)() })
}

async function take({ config: { stateDir } }: Cli, folder: string, own: Own, release: Release): Promise<void> {
  const slot = slotOf(release.sha256, own.target === 'agent.cjs')
  const running = readSlots(stateDir).now
  const sha256 = (await hashOfFile(own.file)) ?? ''
  if (slot === running || release.sha256 === sha256) throw new FairleadError('conflict', `Release ${release.version} is what runs here.`)
  const from = await fs.open(join(folder, own.target!)).catch((cause: unknown) => {
    throw new FairleadError('not_found', `${join(folder, own.target!)} cannot be read.`, { cause })
  })
  try {
    await asOwner(stateDir, () => copyWhole(stateDir, slot, from, release))
  } finally {
    await from.close()
  }
  await tryProgram({ file: fileOf(stateDir, slot), own, version: release.version, stateDir, as: otherOwner(stateDir) })
  await asOwner(stateDir, () => {
    remember(stateDir, slot, release)
    letRun(stateDir, slot, { slot: running, sha256 })
  })
}

/** As much as the release says, and true, before it has a name. */
async function copyWhole(stateDir: string, slot: string, from: fs.FileHandle, { bytes, sha256 }: Release): Promise<void> {
  makePrograms(stateDir)
  const file = fileOf(stateDir, slot)
  const partial = `${file}.part`
  await fs.rm(partial, { force: true })
  const handle = await fs.open(partial, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o700)
  try {
    const buffer = Buffer.alloc(blockBytes)
    for (let at = 0; at < bytes;) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(blockBytes, bytes - at), at)
      if (bytesRead === 0) break
      await handle.write(buffer, 0, bytesRead, at)
      at += bytesRead
    }
    await handle.sync()
    if ((await hashOf(handle)) !== sha256)
      throw new FairleadError('forbidden', 'The program in that folder is not the one that was signed; nothing was taken.')
    await fs.rename(partial, file)
  } finally {
    await handle.close()
    await fs.rm(partial, { force: true })
  }
}

async function show(cli: Cli): Promise<void> {
  const { stateDir } = cli.config
  const running = await askAgent<{ readonly update?: UpdateState }>(stateDir, 'status').catch(() => undefined)
  if (running?.update !== undefined) return cli.say(running.update, () => inWords(running.update!))
  const { now, before, next } = readSlots(stateDir)
  const { slots } = readMemory(stateDir)
  const named = (slot: string) => slots[slot]?.version ?? slot
  cli.say({ agentRuns: false, now: named(now), before: named(before), next: named(next) }, () =>
    facts([
      ['Agent', 'does not run'],
      ['Next start', named(next === '' ? now : next)],
      ['Before', before === '' ? 'none is kept' : named(before)],
    ]),
  )
}

const phases: Readonly<Record<UpdateState['phase'], string>> = {
  idle: 'none since it was installed',
  fetching: 'on its way',
  ready: 'here, whole, and not started yet',
  trying: 'tried now; it has not logged in yet',
  kept: 'kept',
  returned: 'did not log in; the one of before is back',
}

function inWords({ version, kind, phase, next, before, problem }: UpdateState): string {
  return facts([
    ['Version', `${version} (${kind})`],
    ['Update', `${next === null ? '' : `${next.version}: `}${phases[phase]}`],
    ['Before', before === null ? 'none is kept' : `${before.version} (fairlead-agent rollback)`],
    ...(problem === '' ? [] : [['Note', problem] as const]),
  ])
}
