import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HostPolicy } from '@fairlead/protocol/features/policy.ts'
import type { LocalNews } from '../journal/entry.ts'
import type { Say } from '../say.ts'
import { writeWhole } from '../whole.ts'
import { followFile, type Look } from './follow.ts'
import { defaultRules, fallbackRules, parseRules, type Rules } from './rules.ts'

export interface RulesDeps {
  /** `/etc/fairlead/policy.json`. */
  readonly file: string
  readonly stateDir: string
  readonly say: Say
  readonly note: (news: LocalNews) => void
  /** For somebody who only wants to see it: nothing is written. */
  readonly looksOnly?: boolean
}

/** What holds, where it is from, and what is wrong with the file; '' when nothing is. */
export interface FoundRules {
  readonly rules: Rules
  readonly source: HostPolicy['source']
  readonly problem: string
}

/** The file's rules; when it is bad the last good ones, and when there never were any, reading alone. Said loudly, once for each change. */
export function followRules({ file, stateDir, say, note, looksOnly = false }: RulesDeps): () => FoundRules {
  const look = followFile(file)
  const kept = join(stateDir, 'policy-kept.json')
  let seen: Look | undefined
  let last: FoundRules | undefined

  function settle(found: Look): FoundRules {
    try {
      // One that vanishes under a running agent may be between two names of an editor: rights never grow by that.
      if (found.is === 'absent' && last !== undefined && last.source !== 'default')
        throw new FairleadError('not_found', `${file} is gone; put it back, or restart the agent to go on without one.`)
      if (found.is === 'bad') throw new FairleadError('invalid_input', found.problem)
      const rules = found.is === 'absent' ? defaultRules : parseRules(found.text, file)
      if (!looksOnly) keep(found)
      return { rules, source: found.is === 'absent' ? 'default' : 'file', problem: '' }
    } catch (error) {
      const problem = (error as Error).message.slice(0, 1024)
      const good = last !== undefined && last.source !== 'fallback' ? last.rules : keptRules(kept, looksOnly)
      return good === undefined ? { rules: fallbackRules, source: 'fallback', problem } : { rules: good, source: 'kept', problem }
    }
  }

  function keep(found: Look): void {
    try {
      if (found.is === 'read') writeWhole(kept, found.text)
      // Whoever took the file away wanted no more of it.
      else rmSync(kept, { force: true })
    } catch (error) {
      say('warn', 'the policy in force could not be kept for a later start', { error: String(error) })
    }
  }

  return () => {
    const found = look()
    if (found === seen && last !== undefined) return last
    const before = last
    seen = found
    last = settle(found)
    tell(before, last)
    return last
  }

  function tell(before: FoundRules | undefined, { rules, source, problem }: FoundRules): void {
    const facts = { mode: rules.mode, source }
    if (problem !== '') {
      if (problem === before?.problem) return
      say(
        'error',
        source === 'kept'
          ? 'the policy of this host is bad: the last good one holds'
          : 'the policy of this host is bad: the hub may only read',
        { problem },
      )
      note({
        verb: 'policy_bad',
        who: 'agent',
        outcome: 'failed',
        target: '',
        targetName: '',
        facts: { ...facts, problem: problem.slice(0, 256) },
      })
    } else if (before !== undefined) {
      say('info', 'the policy of this host changed', facts)
      note({ verb: 'policy_changed', who: 'agent', outcome: 'ok', target: '', targetName: '', facts })
    }
  }
}

function keptRules(file: string, looksOnly: boolean): Rules | undefined {
  const look = followFile(file, looksOnly)()
  try {
    return look.is === 'read' ? parseRules(look.text, file) : undefined
  } catch {
    return undefined
  }
}
