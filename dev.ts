// `npm run dev` (`-- --hosts 200`): hub, console and a demo fleet; whatever is saved is built, or started again, by itself.
// Its data is in .fairlead/dev. A page that is open finds its way back to the hub; reload it to see a new console.
import { spawn, type ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { onEnd } from './start-end.ts'

const root = import.meta.dirname
const { values } = parseArgs({ options: { hosts: { type: 'string', default: '6' } } })
const settleMs = 300

let stopping = false
let program: ChildProcess | undefined
const env = { ...process.env, FAIRLEAD_DATA_DIR: process.env['FAIRLEAD_DATA_DIR'] ?? join(root, '.fairlead/dev') }

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((done) => {
    child.once('exit', () => done())
    child.kill('SIGTERM')
  })
}

async function restart(): Promise<void> {
  if (program !== undefined) await end(program)
  if (stopping) return
  const own = spawn(process.execPath, [join(root, 'start.ts'), `--demo=${values.hosts}`], { env, stdio: 'inherit', detached: true })
  program = own
  own.once('exit', (code) => {
    if (!stopping && program === own && code !== 0) console.error(`dev: ended with ${code}; it is started again when something is saved.`)
  })
}

function build(): Promise<void> {
  return new Promise((done) =>
    spawn(process.execPath, [join(root, 'ui/build.ts')], { cwd: join(root, 'ui'), stdio: 'inherit' }).once('exit', () => done()),
  )
}

/** What is saved within a moment is one change; what is saved while it is worked on is the next one. */
function onSave(folders: readonly string[], work: () => Promise<void>): void {
  let timer: NodeJS.Timeout | undefined
  let busy = Promise.resolve()
  for (const folder of folders)
    watch(join(root, folder), { recursive: true }, (_event, file) => {
      if (file === null || !/\.(tsx?|css|html|js|sql|sh)$/.test(file) || /\.test\.tsx?$|node_modules|dist/.test(file)) return
      clearTimeout(timer)
      timer = setTimeout(() => (busy = busy.then(work)), settleMs)
    })
}

onEnd(async () => {
  if (stopping) return
  stopping = true
  if (program !== undefined) await end(program)
  process.exit(0)
})

onSave(['ui/src'], build)
onSave(['hub/src', 'hub/migrations', 'agent/src', 'protocol/src', 'e2e/fakes', 'e2e/demo', 'installers'], restart)
await restart()
