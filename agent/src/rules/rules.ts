import type { Handlers } from '@fairlead/protocol/contract.ts'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Capability } from '@fairlead/protocol/features/policy.ts'
import type { rules, RulesState } from '@fairlead/protocol/features/rules.ts'
import { createChanges, tellChanges } from '../told.ts'
import { readDone, readRules, writeRules, type Kept } from './kept.ts'
import type { RulesDeps, Runner } from './runner.ts'

export interface Rules {
  readonly handlers: Handlers<typeof rules>
  /** What was handed down is loaded and in force. */
  ready(): Promise<void>
  stop(): void
}

/** What the hub left this host to do by itself. Nothing of it is loaded before there is a rule. */
export function openRules(deps: RulesDeps): Rules {
  const { stateDir, say } = deps
  const { policy } = deps.rights
  const found = readRules(stateDir)
  let kept = found.kept
  let runner: Runner | undefined
  let stopped = false
  const { tell: changed, onChange } = createChanges()
  if (found.problem !== '') say('error', 'the rules of this host are lost until its hub is back; nothing is done by any', found)

  async function run(): Promise<void> {
    if (runner !== undefined) runner.change(kept)
    else if (has(kept)) {
      const { openRunner } = await import('./runner.ts')
      if (!stopped) runner = openRunner(kept, { ...deps, changed })
    }
    changed()
  }
  let turn = run()
  const stopPolicy = policy.onChange(() => {
    runner?.look()
    changed()
  })

  function view(): RulesState {
    const { healsSinceMs: _since, ...handed } = kept
    const why = (capability: Capability): RulesState['held']['heal'] => {
      const verdict = policy.may(capability)
      return verdict === 'yes' ? '' : verdict
    }
    const held = { heal: why('container.lifecycle'), prune: why('image.remove') }
    const rest = (has(kept) ? runner?.view() : undefined) ?? { zone: '', next: [], gaveUp: [], acts: readDone(stateDir).acts }
    return { ...handed, held, ...rest }
  }

  return {
    handlers: {
      watch: (_input, { signal }) => tellChanges(view, onChange, signal),
      async set(handed) {
        // The very next: of the highest number that there is, nobody could ever take these back.
        if (handed.counter !== kept.counter + 1)
          throw new FairleadError(
            'conflict',
            `This host has rules of number ${kept.counter}, and takes the next alone, none of number ${handed.counter}: ask it what it has.`,
          )
        const healsSinceMs = heals(kept) ? kept.healsSinceMs : Date.now()
        const next = { ...handed, healsSinceMs }
        writeRules(stateDir, next)
        kept = next
        turn = turn.then(run)
        await turn
        return view()
      },
      async preview(pick) {
        const { findUnused, wouldGo } = await import('./images.ts')
        return wouldGo(await findUnused(deps.engine, pick, Date.now()))
      },
    },
    ready: () => turn,
    stop() {
      stopped = true
      stopPolicy()
      runner?.close()
    },
  }
}

const has = ({ heal, prune }: Kept) => heal.length + prune.length > 0
const heals = ({ heal }: Kept) => heal.some(({ on }) => on)
