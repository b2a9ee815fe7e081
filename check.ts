// Format, lint, types, floors: what a change must pass before anyone reads it. `npm run check -- --fix` mends what can be mended.
import { spawnSync } from 'node:child_process'

const bin = `${import.meta.dirname}/node_modules/.bin`
const fix = process.argv.includes('--fix')
const steps: readonly (readonly [string, string, ...string[]])[] = [
  ['format', `${bin}/oxfmt`, ...(fix ? ['.'] : ['--check', '.'])],
  ['lint', `${bin}/oxlint`, ...(fix ? ['--fix'] : [])],
  ['types', `${bin}/tsc`, '-p', '.'],
  ['types of the console', `${bin}/tsc`, '-p', 'ui'],
  ['floors', process.execPath, '--test', '--test-reporter=dot', 'e2e/floors.test.ts'],
]

const broken = steps.filter(([name, file, ...argv]) => {
  const { status } = spawnSync(file, argv, { cwd: import.meta.dirname, stdio: 'inherit' })
  if (status !== 0) console.error(`check: ${name} failed${fix ? '' : '; `npm run check -- --fix` mends what can be mended by itself'}`)
  return status !== 0
})
process.exit(broken.length > 0 ? 1 : 0)
