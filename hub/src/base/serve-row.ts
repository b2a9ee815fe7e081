import type { AuditEntry } from './audit.ts'
import type { Call } from './serve.ts'

/** What an id on a host is called now; empty: not known. A trail of ids is read by nobody. */
export type NameOf = (organization: string, host: string, id: string) => string

/** A row of the trail, without its outcome; what the target is called is asked before it is renamed or removed. */
export function makeRow(nameOf: NameOf = () => '') {
  return ({ endpoint, caller, params, about }: Call, host?: { readonly id: string; readonly name: string }): AuditEntry => {
    const organization = caller?.organization ?? ''
    const target = targetOf(params)
    const targetName = target === '' ? '' : nameOf(organization, host?.id ?? String(params['host'] ?? ''), target)
    return {
      organization,
      verb: endpoint.door.audit ?? '',
      outcome: 'started',
      actor: caller?.account ?? '',
      actorName: caller?.name ?? '',
      ...(caller?.service === true ? { actorKind: 'service' as const } : {}),
      ...(caller?.proof === undefined ? {} : { factor: caller.proof.factor }),
      host: host?.id ?? '',
      hostName: host?.name ?? '',
      target,
      ...(targetName === '' || targetName === target ? {} : { targetName }),
      code: '',
      ...about,
      userAgent: about.userAgent.slice(0, 200),
    }
  }
}

const mostChangedChars = 512
const mostTargetChars = 256

/** What is not alike, each side in a few words. */
export function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Pick<AuditEntry, 'before' | 'after'> {
  const keys = Object.keys(after).filter((key) => before[key] !== after[key])
  const of = (side: Readonly<Record<string, string>>) =>
    Object.fromEntries(keys.map((key) => [key, (side[key] ?? '').slice(0, mostChangedChars)]))
  return keys.length === 0 ? {} : { before: of(before), after: of(after) }
}

function targetOf(params: Readonly<Record<string, unknown>>): string {
  const { path = '' } = params
  const target = params['id'] ?? params['container'] ?? params['name']
  if (target !== undefined) return typeof target === 'string' ? target.slice(0, mostTargetChars) : ''
  if (typeof path !== 'string') return ''
  // A long path tells by its end what it is about.
  return path.length <= mostTargetChars ? path : `…${path.slice(1 - mostTargetChars)}`
}
