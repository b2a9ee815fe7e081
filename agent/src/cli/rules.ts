import type { HealHere, PruneHere, RuleAct } from '@fairlead/protocol/features/rules.ts'
import { readDone, readRules } from '../rules/kept.ts'
import { gaveUpOf, nextOf } from '../rules/runner.ts'
import type { Cli } from './verb.ts'
import { readPolicy } from './policy.ts'
import { table, time } from './show.ts'

/** From the files: with an agent that runs, or without. */
export function run(cli: Cli): void {
  const { stateDir } = cli.config
  const { kept, problem } = readRules(stateDir)
  const done = readDone(stateDir)
  const { may } = readPolicy(cli)
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  if (problem !== '') cli.warn(problem)
  const { healsSinceMs: _since, ...rules } = kept
  const held = { heal: whyNot(may['container.lifecycle']), prune: whyNot(may['image.remove']) }
  const shown = { ...rules, held, zone, next: nextOf(kept, zone, done), gaveUp: gaveUpOf(done), acts: done.acts }
  cli.say(shown, () => inWords(shown))
}

const whyNot = (verdict = 'file') => (verdict === 'yes' ? '' : verdict)

interface Shown {
  readonly heal: readonly HealHere[]
  readonly prune: readonly PruneHere[]
  /** What takes the right to it away; '' while it may. */
  readonly held: { readonly heal: string; readonly prune: string }
  readonly zone: string
  readonly next: ReturnType<typeof nextOf>
  readonly gaveUp: ReturnType<typeof gaveUpOf>
  readonly acts: readonly RuleAct[]
}

function inWords({ heal, prune, held, zone, next, gaveUp, acts }: Shown): string {
  const parts: string[] = []
  if (heal.length + prune.length === 0) parts.push('The hub left no rules here.')
  if (heal.length > 0) parts.push(table(['HEALS', 'WHICH', 'WHEN', 'AT MOST', 'FROM'], heal.map(healRow)))
  if (prune.length > 0) {
    const times = new Map(next.map(({ rule, timeMs }) => [rule, timeMs === null ? 'never' : time(timeMs)]))
    const rows = prune.map((rule) => pruneRow(rule, times.get(rule.name) ?? ''))
    parts.push(table(['PRUNES', 'WHICH', `WHEN (${zone})`, 'NEXT (UTC)', 'FROM'], rows))
  }
  for (const [kind, verdict] of Object.entries(held))
    if (verdict !== '' && (kind === 'heal' ? heal : prune).length > 0)
      parts.push(`Nothing is done by rules that ${kind}: the policy of this host does not let them (${verdict}).`)
  if (gaveUp.length > 0)
    parts.push(
      table(
        ['NEEDS ATTENTION', 'RULE', 'GIVEN UP (UTC)'],
        gaveUp.map(({ name, rule, sinceMs }) => [name, rule, time(sinceMs)]),
      ),
    )
  if (acts.length > 0)
    parts.push(
      table(
        ['TIME (UTC)', 'WHAT', 'ON', 'RULE', 'HOW'],
        acts.map(({ timeMs, kind, targetName, rule, outcome, why }) => [time(timeMs), kind, targetName, rule, `${outcome}: ${why}`]),
      ),
    )
  return parts.join('\n\n')
}

function healRow({ name, on, label, pattern, stack, unhealthySeconds, failed, perHour, from }: HealHere): string[] {
  const which = [stack === '' ? '' : `stack ${stack}`, pattern, label === '' ? '' : `label ${label}`].filter((one) => one !== '')
  const when = [unhealthySeconds === null ? '' : `unhealthy for ${unhealthySeconds} s`, failed ? 'failed' : ''].filter((one) => one !== '')
  return [on ? name : `${name} (off)`, which.join(', ') || 'all', when.join(', '), `${perHour} an hour`, from]
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

function pruneRow(rule: PruneHere, next: string): string[] {
  const when = `${rule.days.map((day) => days[day - 1]).join(' ')} ${clock(rule.fromMinute)}-${clock(rule.toMinute)}`
  return [rule.on ? rule.name : `${rule.name} (off)`, `${rule.images}, older than ${rule.olderDays} d`, when, next, rule.from]
}
