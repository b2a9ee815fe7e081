// Runs every test that this machine can run. `npm test -- wire` runs the files whose path holds "wire".
import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { existsSync } from 'node:fs'
import { runFiles } from './e2e/report.ts'

const wanted = process.argv.slice(2)
const root = import.meta.dirname
const files: string[] = []
for await (const file of glob('{protocol,agent,hub,ui,e2e}/**/*.test.{ts,tsx}', {
  cwd: root,
  exclude: (path) => /node_modules|dist|e2e.(scenarios|browser)/.test(path),
})) {
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) files.push(file)
}
files.sort()

// Components are compiled by the console's own Babel hook; nothing else pays for loading it.
const hook = `${root}/ui/test-hook.ts`
const ui = files.filter((file) => file.startsWith('ui/'))
const rest = files.filter((file) => !file.startsWith('ui/'))
const code = await runFiles([
  { files: rest, concurrency: availableParallelism() },
  {
    files: ui,
    concurrency: availableParallelism(),
    execArgv: existsSync(hook) ? ['--conditions=browser', '--import', pathToFileURL(hook).href] : [],
  },
])
process.exit(code)
