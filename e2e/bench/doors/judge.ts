import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { authorize, nobody } from '@fairlead/hub/base/access.ts'
import { makeRights, type Grant, type Reach } from '@fairlead/hub/base/rights.ts'
import { median } from '../measure/numbers.ts'

const rounds = 9
const calls = 100_000

/** Microseconds of one judgement: an account with twenty grants, the last of which allows what is asked. */
export function timeAuthorize(): number {
  const grant = (n: number, reach: Reach): Grant => ({
    id: String(n),
    role: 'r',
    team: '',
    effect: 'allow',
    permissions: new Set(['containers:read', 'containers:operate', 'containers:logs', 'hosts:read']),
    reach,
  })
  const rights = makeRights(Array.from({ length: 20 }, (_, n) => grant(n, { on: 'host', target: `host-${n}` })))
  const caller = { ...nobody('192.0.2.1', '', ''), account: 'a', organization: 'o', login: 'l', rights }
  const endpoint = hubFeatures.containers.stop
  const target = { place: { host: 'host-19', environment: 'e', tags: ['eu', 'shop'] } }
  const all = Array.from({ length: rounds }, () => {
    const startMs = performance.now()
    for (let i = 0; i < calls; i++) authorize('containers.stop', endpoint, caller, target)
    return ((performance.now() - startMs) * 1000) / calls
  })
  return median(all)
}
