import { healLabel, type HealHere } from '@fairlead/protocol/features/rules.ts'

/** What a rule asks about a container. */
export interface Named {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** The first that is in force and fits; undefined: nobody looks after it. */
export function ruleFor(heal: readonly HealHere[], container: Named, by: 'unhealthy' | 'failed'): HealHere | undefined {
  if (container.labels[healLabel] === 'off') return undefined
  return heal.find((rule) => rule.on && (by === 'failed' ? rule.failed : rule.unhealthySeconds !== null) && fits(rule, container))
}

function fits({ label, pattern, stack }: HealHere, { name, labels }: Named): boolean {
  if (stack !== '' && labels['com.docker.compose.project'] !== stack) return false
  if (pattern !== '' && !isLike(name, pattern)) return false
  if (label === '') return true
  const at = label.indexOf('=')
  return at < 0 ? Object.hasOwn(labels, label) : labels[label.slice(0, at)] === label.slice(at + 1)
}

/** No regular expression: one with many stars would take its time. */
export function isLike(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (!name.startsWith(first)) return false
  if (rest.length === 0) return name === first
  const last = rest.pop()!
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}
