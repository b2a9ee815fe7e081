import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Handlers } from '@fairlead/protocol/contract.ts'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import type { UpdateState, updates } from '@fairlead/protocol/features/updates.ts'
import { readBlocks } from '@fairlead/protocol/features/update-blocks.ts'
import type { Config } from '../config.ts'
import { tellChanges } from '../told.ts'
import type { Part } from './fetch.ts'
import { readTaken, type Release } from './memory.ts'
import { findOwn, here } from './own.ts'
import { built } from './built.ts'
import { fileOf, installed, keepOnly, programsDir, readSlots, slotOf } from './slots.ts'
import { openState, type State, type StateDeps } from './state.ts'

export interface Updates {
  readonly handlers: Handlers<typeof updates>
  view(): UpdateState
  /** The hub welcomed this agent. */
  loggedIn(): void
  /** Somebody on this host chose another program. */
  look(): void
  stop(): Promise<void>
}

export interface UpdatesDeps extends Omit<StateDeps, 'stateDir' | 'own'> {
  readonly config: Pick<Config, 'starter' | 'stateDir'>
  /** The one that the agent runs in. */
  readonly container: string | undefined
  /** What the owner of this host put into `release-keys`; '' where there is none. */
  readonly ownKeys: () => string
  /** The agent ends, and its starter decides what runs. */
  readonly restart: () => void
}

/** A release that was offered, and as much of it as is here. */
interface Offered {
  readonly slot: string
  readonly release: Release
  /** undefined: all of it was here already, under its name. */
  readonly part: Part | undefined
}

/** What is told while blocks come. */
const toldBytes = 1024 * 1024
/** The answer leaves before the link does. */
const leaveMs = 300

export function openUpdates(deps: UpdatesDeps): Updates {
  const { stateDir, starter } = deps.config
  const own = findOwn(here(starter, deps.container))
  const state = openState({ ...deps, stateDir, own })
  let offered: Offered | undefined
  let turn = false

  /** One thing at a time. */
  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (turn) throw new FairleadError('busy', 'This host is busy with an update already; ask again.')
    turn = true
    try {
      return await work()
    } finally {
      turn = false
    }
  }

  async function close(): Promise<void> {
    const part = offered?.part
    offered = undefined
    await part?.close()
  }

  function leave(): UpdateState {
    setTimeout(deps.restart, leaveMs)
    return state.view()
  }

  return {
    view: state.view,
    loggedIn: state.loggedIn,
    look() {
      const { now, next } = readSlots(stateDir)
      if (own.target !== null && (next === '' ? now : next) !== state.slot) deps.restart()
    },
    stop: close,
    handlers: {
      watch: (_input, { signal }) => watch(state, own, signal),
      offer: (asked) =>
        alone(async () => {
          if (own.target === null) throw new FairleadError('unsupported', own.problem)
          await close()
          offered = await takeOffer(asked, own, state, deps)
          const { part, release } = offered
          if (part === undefined) state.keepReady(offered.slot, release)
          else state.set({ phase: 'fetching', next: release, haveBytes: part.haveBytes, problem: '' })
          const wanted = part?.wanted() ?? new Uint8Array()
          return { sha256: release.sha256, wanted: Buffer.from(wanted).toString('base64'), blocks: part?.blocks ?? 0 }
        }),
      async *fill({ sha256 }, { up }) {
        if (turn) throw new FairleadError('busy', 'This host is busy with an update already; ask again.')
        turn = true
        try {
          if (offered?.release.sha256 !== sha256)
            throw new FairleadError('conflict', 'Offer that release first: this host knows of no such.')
          await takeBlocks(offered, readBlocks(up), state)
          if (await finish(offered, own, state, stateDir)) await close()
          yield state.view()
        } finally {
          turn = false
        }
      },
      start: ({ sha256, notAfterMs }) =>
        alone(async () => {
          refuseLate(notAfterMs)
          const next = state.now.next
          if (state.now.phase !== 'ready' || next === null || next.sha256 !== sha256)
            throw new FairleadError('conflict', 'That release is not ready here: offer it, and send what is missing.')
          const [{ refuseExpired }, { hashOfFile }] = await Promise.all([import('./judge.ts'), import('./fetch.ts')])
          refuseExpired(next, Date.now())
          const slot = slotOf(sha256, own.target === 'agent.cjs')
          if ((await hashOfFile(fileOf(stateDir, slot))) !== sha256) {
            state.set({ phase: 'idle', next: null, problem: 'The file of the release was changed on the disk.' })
            throw new FairleadError('conflict', 'The file of that release was changed on the disk: offer it again.')
          }
          await close()
          refuseLate(notAfterMs)
          state.startNext(slot)
          return leave()
        }),
      revert: ({ notAfterMs }) =>
        alone(async () => {
          refuseLate(notAfterMs)
          const { before } = readSlots(stateDir)
          if (own.target === null || before === '') throw new FairleadError('not_found', 'This host keeps no agent of before.')
          await close()
          state.startNext(before)
          return leave()
        }),
    },
  }
}

/** By the host's clock: nothing that was asked long ago begins now. */
function refuseLate(notAfterMs: number): void {
  if (Date.now() > notAfterMs)
    throw new FairleadError('deadline_exceeded', 'It was asked for too long ago, by the clock of this host; nothing was begun.')
}

async function* watch(state: State, own: ReturnType<typeof findOwn>, signal: AbortSignal): AsyncGenerator<UpdateState> {
  if (state.sha256 === '' && own.target !== null) void knowOwn(state, own).catch(() => undefined)
  yield* tellChanges(state.view, state.onChange, signal)
}

/** Once, when somebody wants to know. */
async function knowOwn(state: State, { file }: ReturnType<typeof findOwn>): Promise<string> {
  if (state.sha256 !== '') return state.sha256
  const { hashOfFile } = await import('./fetch.ts')
  const sha256 = await hashOfFile(file)
  if (sha256 === undefined) throw new FairleadError('not_found', `${file} cannot be read: run the install line of the console again.`)
  state.knowOwn(sha256)
  return sha256
}

async function takeOffer(
  asked: { readonly manifest: string; readonly signature: string; readonly blocks: string },
  own: ReturnType<typeof findOwn>,
  state: State,
  { config: { stateDir }, ownKeys }: UpdatesDeps,
): Promise<Offered> {
  const [{ judgeRelease, readHashes, readKeys }, { hashOfFile, openPart }] = await Promise.all([import('./judge.ts'), import('./fetch.ts')])
  const keys = [...readKeys(built.keys, 'This agent'), ...readKeys(ownKeys(), 'release-keys')]
  const release = judgeRelease(asked.manifest, asked.signature, {
    target: own.target!,
    keys,
    taken: readTaken(stateDir),
    ownCounter: built.counter,
    nowMs: Date.now(),
  })
  const hashes = readHashes(asked.blocks, release.bytes)
  if (release.sha256 === (await knowOwn(state, own))) throw new FairleadError('conflict', `Release ${release.version} is what runs here.`)
  const slot = slotOf(release.sha256, own.target === 'agent.cjs')
  const file = fileOf(stateDir, slot)
  mkdirSync(programsDir(stateDir), { recursive: true, mode: 0o700 })
  const { now, before } = readSlots(stateDir)
  keepOnly(stateDir, [now, before, slot, `${slot}.part`])
  if ((await hashOfFile(file)) === release.sha256) {
    const ready = { slot, release, part: undefined }
    await tryOne(ready, own, state, stateDir)
    return ready
  }
  return { slot, release, part: await openPart({ file, from: own.file, release, hashes }) }
}

async function takeBlocks({ part, release }: Offered, blocks: ReturnType<typeof readBlocks>, state: State): Promise<void> {
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
async function finish(offered: Offered, own: ReturnType<typeof findOwn>, state: State, stateDir: string): Promise<boolean> {
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
async function tryOne({ slot, release }: Offered, own: ReturnType<typeof findOwn>, state: State, stateDir: string): Promise<void> {
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
