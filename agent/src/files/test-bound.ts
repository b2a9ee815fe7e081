// `unshare -m node test-bound.ts ROOT OWN`: gives OWN another name in ROOT, and says how it is answered when somebody reads there.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { codeOf } from '@fairlead/protocol/errors.ts'
import { rootOf } from '../policy/roots.ts'
import { serveFiles } from './files.ts'

const [root = '', own = ''] = process.argv.slice(2)
const bound = join(root, 'bound')
if (spawnSync('mount', ['--bind', own, bound]).status !== 0) throw new Error('no folder could be bound')
const served = serveFiles({ rootOf: (path) => rootOf([root], path), ownFolders: [own] })
const context = { signal: new AbortController().signal, trace: '' }
const content = served.read({ path: join(bound, 'identity') }, context)
const asked = [
  () => served.list({ path: bound, from: 0, limit: 200 }, context),
  () => served.stat({ path: join(bound, 'identity') }, context),
  () => content[Symbol.asyncIterator]().next(),
]
const codes: string[] = []
for (const ask of asked) codes.push(await ask().then(() => 'ok', codeOf))
process.stdout.write(codes.join())
