import { rm } from 'node:fs/promises'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { readBlocks } from '@fairlead/protocol/features/update-blocks.ts'
import type { Part } from './fetch.ts'
import type { Release } from './memory.ts'
import type { Own } from './own.ts'
import { fileOf, installed, keepOnly, makePrograms, readSlots, slotOf } from './slots.ts'
import type { State } from './state.ts'

/** A release that was offered, and as much of it as is here. */
export interface Offered {
  readonly slot: string
  readonly release: Release
  /** undefined: all of it was here already, under its name. */
  readonly part: Part | undefined
}

/** What is told while blocks come. */
const toldBytes = 1024 * 1024

/** Once, when somebody wants to know. */
export async function knowOwn(state: State, { file }: Own): Promise<string> {
  if (state.sha256 !== '') return state.sha256
  const { hashOfFile } = await import('./fetch.ts')
  const sha256 = await hashOfFile(file)
  if (sha256 === undefined) throw new FairleadError('not_found', `${file} cannot be read: run the install line of the console again.`)
  state.knowOwn(sha256)
  return sha256
}

export async function takeOffer(
  asked: { readonly manifest: string; readonly signature: string; readonly blocks: string },
  own: Own,
  state: State,
  { config: { stateDir }, ownKeys }: { readonly config: { readonly stateDir: string }; readonly ownKeys: () => string },
): Promise<Offered> {
  const [{ judgeHere, readHashes }, { hashOfFile, openPart }] = await Promise.all([import('./judge.ts'), import('./fetch.ts')])
  const release = judgeHere(asked, { target: own.target!, stateDir, ownKeys: ownKeys() })
  const hashes = readHashes(asked.blocks, release.bytes)
  if (release.sha256 === (await knowOwn(state, own))) throw new FairleadError('conflict', `Release ${release.version} is what runs here.`)
  const slot = slotOf(release.sha256, own.target === 'agent.cjs')
  const file = fileOf(stateDir, slot)
  makePrograms(stateDir)
  const { now, before } = readSlots(stateDir)
  keepOnly(stateDir, [now, before, slot, `${slot}.part`])
  if ((await hashOfFile(file)) === release.sha256) {
    const ready = { slot, release, part: undefined }
    await tryOne(ready, own, state, stateDir)
    return ready
  }
  return { slot, release, part: await openPart({ file, from: own.file, release, hashes }) }
}

export async function takeBlocks({ part, release }: Offered, blocks: ReturnType<typeof readBlocks>, state: State): Promise<void> {
  let told = part?.haveBytes ?? 0
  try {
    for await (const block of blocks) {
      if (part === undefined) throw new FairleadError('invalid_input', `Block ${block.index} was not asked for.`)
      await part.write(block)
      if (part.haveBytes - told < toldBytes) continue
      told = part.haveBytes
      state.set({ haveBytes: told })
    }
  } finally {
    state.set({ haveBytes: part?.haveBytes ?? release.bytes })
  }
}

/** True once nothing is to come any more. */
export async function finish(offered: Offered, own: Own, state: State, stateDir: string): Promise<boolean> {
  const { part, slot, release } = offered
  if (part === undefined) return true
  if (part.haveBytes < release.bytes) return false
  try {
    await part.finish()
    await tryOne(offered, own, state, stateDir)
  } catch (error) {
    if (codeOf(error) !== 'internal') state.set({ phase: 'idle', next: null, haveBytes: 0, problem: (error as Error).message })
    throw error
  }
  state.keepReady(slot, release)
  return true
}

/** What does not start here goes, unless it is one that is kept. */
async function tryOne({ slot, release }: Offered, own: Own, state: State, stateDir: string): Promise<void> {
  const { tryProgram } = await import('./try.ts')
  const file = fileOf(stateDir, slot)
  try {
    await tryProgram({ file, own, version: release.version, stateDir })
  } catch (error) {
    const { now, before } = readSlots(stateDir)
    if (slot !== installed && slot !== now && slot !== before) await rm(file, { force: true })
    state.set({ phase: 'idle', next: null, haveBytes: 0, problem: (error as Error).message })
    throw error
  }
}
