import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { mostTogether, type UpdateState, type updates } from '@fairlead/protocol/features/updates.ts'
import { readBlocks } from '@fairlead/protocol/features/update-blocks.ts'
import type { Config } from '../config.ts'
import { tellChanges } from '../told.ts'
import { findOwn, here, type Own } from './own.ts'
import { fileOf, readSlots, slotOf } from './slots.ts'
import { openState, type State, type StateDeps } from './state.ts'
import { finish, knowOwn, takeBlocks, takeOffer, type Offered } from './take.ts'

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

/** The answer leaves before the link does. */
const leaveMs = 300

export function openUpdates(deps: UpdatesDeps): Updates {
  const { stateDir, starter } = deps.config
  const own = findOwn(here(starter, deps.container))
  const state = openState({ ...deps, stateDir, own })
  let offered: Offered | undefined
  const turn = createTurn()
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn()
    return work().finally(done)
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
          return sayWanted(offered, state)
        }),
      async *fill({ sha256 }, { up }) {
        const done = turn()
        try {
          if (offered?.release.sha256 !== sha256)
            throw new FairleadError('conflict', 'Offer that release first: this host knows of no such.')
          await takeBlocks(offered, readBlocks(up), state)
          if (await finish(offered, own, state, stateDir)) await close()
          yield state.view()
        } finally {
          done()
        }
      },
      start: (asked) =>
        alone(async () => {
          const slot = await findReady(asked, own, state, stateDir)
          await close()
          refuseLate(asked.notAfterMs)
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

function sayWanted({ slot, part, release }: Offered, state: State) {
  if (part === undefined) state.keepReady(slot, release)
  else state.set({ phase: 'fetching', next: release, haveBytes: part.haveBytes, problem: '' })
  const wanted = Buffer.from(part?.wanted() ?? []).toString('base64')
  return { sha256: release.sha256, wanted, blocks: part?.blocks ?? 0, together: mostTogether }
}

/** One thing at a time; whoever comes meanwhile is told so. */
function createTurn(): () => () => void {
  let taken = false
  return () => {
    if (taken) throw new FairleadError('busy', 'This host is busy with an update already; ask again.')
    taken = true
    return () => void (taken = false)
  }
}

/** What is ready is looked at once more: it may lie here for long. */
async function findReady(
  { sha256, notAfterMs }: { readonly sha256: string; readonly notAfterMs: number },
  own: Own,
  { now, set }: State,
  stateDir: string,
): Promise<string> {
  refuseLate(notAfterMs)
  if (now.phase !== 'ready' || now.next?.sha256 !== sha256)
    throw new FairleadError('conflict', 'That release is not ready here: offer it, and send what is missing.')
  const [{ refuseExpired }, { hashOfFile }] = await Promise.all([import('./judge.ts'), import('./fetch.ts')])
  refuseExpired(now.next, Date.now())
  const slot = slotOf(sha256, own.target === 'agent.cjs')
  if ((await hashOfFile(fileOf(stateDir, slot))) === sha256) return slot
  const problem = 'The file of that release was changed on the disk: offer it again.'
  set({ phase: 'idle', next: null, problem })
  throw new FairleadError('conflict', problem)
}

/** By the host's clock: nothing that was asked long ago begins now. */
function refuseLate(notAfterMs: number): void {
  if (Date.now() > notAfterMs)
    throw new FairleadError('deadline_exceeded', 'It was asked for too long ago, by the clock of this host; nothing was begun.')
}

async function* watch(state: State, own: Own, signal: AbortSignal): AsyncGenerator<UpdateState> {
  if (state.sha256 === '' && own.target !== null) void knowOwn(state, own).catch(() => undefined)
  yield* tellChanges(state.view, state.onChange, signal)
}
