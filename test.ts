// Runs every test that this machine can run. `npm test -- wire` runs the files whose path holds "wire".
import { glob } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { runFiles } from './e2e/report.ts'

const wanted = process.argv.slice(2)
const files: string[] = []
for await (const file of glob('{protocol,agent,hub,ui,e2e}/**/*.test.{ts,tsx}', {
  cwd: import.meta.dirname,
  exclude: (path) => /node_modules|dist|e2e.(scenarios|browser)/.test(path),
})) {
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) files.push(file)
}
// One more than there are processors: many wait for a database or a clock.
process.exit(await runFiles([files.length === 0 ? [] : [files.sort()]], availableParallelism() + 1))
