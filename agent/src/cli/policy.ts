import { readFileSync, rmSync } from 'node:fs'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { HostPolicy } from '@fairlead/protocol/features/policy.ts'
import { narrowedFile } from '../policy/narrowed.ts'
import { openPolicy } from '../policy/policy.ts'
import { parseRules } from '../policy/rules.ts'
import type { Cli } from './verb.ts'
import { doing, refuseOthers } from './host.ts'
import { facts, time } from './show.ts'

export async function run(cli: Cli): Promise<void> {
  const [word, file] = cli.words
  if (word === undefined) {
    const view = readPolicy(cli)
    return cli.say(view, () => inWords(view, cli.config.policyFile))
  }
  if (word === 'check' && file !== undefined) return check(cli, file)
  if (word === 'widen' && file === undefined) return widen(cli)
  throw new FairleadError('invalid_input', 'policy takes nothing, "check FILE" or "widen".')
}

function check(cli: Cli, file: string): void {
  const rules = parseRules(readFileSync(file, 'utf8'), file)
  cli.say({ ok: true, rules }, () => `${file} would be taken: mode ${rules.mode}.`)
}

async function widen(cli: Cli): Promise<void> {
  refuseOthers(cli)
  await doing(cli, { verb: 'policy_widen' }, () => rmSync(narrowedFile(cli.config.stateDir), { force: true }))
  cli.say(readPolicy(cli), () => 'What the hub gave away here was given back: only the policy of this host holds now.')
}

/** From the files: the same that an agent makes of them. */
export function readPolicy({ config: { policyFile: file, stateDir } }: Pick<Cli, 'config'>): HostPolicy {
  const policy = openPolicy({ file, stateDir, say: () => undefined, note: () => undefined, looksOnly: true })
  policy.stop()
  return policy.view()
}

const takes = { mode: 'the mode', file: 'the file', hub: 'the hub itself', lock: 'the lock' } as const

export function inWords(view: HostPolicy, file: string): string {
  const yes = Object.entries(view.may).flatMap(([name, verdict]) => (verdict === 'yes' ? [name] : []))
  const no = Object.entries(view.may).flatMap(([name, verdict]) => (verdict === 'yes' ? [] : [`${name} (${takes[verdict]})`]))
  const source = { default: `no ${file}; this is the default`, file, kept: `the last good ${file}`, fallback: `${file} is bad` }[
    view.source
  ]
  return facts([
    ['Mode', `${view.mode} (${source})`],
    ...(view.problem === '' ? [] : [['Problem', view.problem] as const]),
    [
      'Lock',
      view.lock === null
        ? 'none'
        : `since ${time(view.lock.sinceMs)} by ${view.lock.by}${view.lock.untilMs === null ? '' : `, until ${time(view.lock.untilMs)}`}${view.lock.reason === '' ? '' : `: ${view.lock.reason}`}`,
    ],
    ['May', yes.join(', ')],
    ['May not', no.join(', ') || 'nothing is denied'],
    ['Protected', view.protected.map(({ name, id }) => name || id.slice(0, 12)).join(', ') || 'none'],
  ])
}
