// The scenarios on real engines, in real namespaces, in a real browser: in three lanes, one file at a time in each.
import { glob } from 'node:fs/promises'
import { runFiles } from './report.ts'

/** Those that mostly wait, for outages and time-outs, run beside the browser and what wants the two cores for itself. */
const waits = /scenarios\/(?!flood|dev|release)[\w-]+\.test\.ts$/

const wanted = process.argv.slice(2)
const files: string[] = []
for await (const file of glob('e2e/{scenarios,browser}/**/*.test.ts', { cwd: `${import.meta.dirname}/..` })) {
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) files.push(file)
}
files.sort()
const others = files.filter((file) => !waits.test(file))
const lanes = [others.filter((_, n) => n % 2 === 0), others.filter((_, n) => n % 2 === 1), files.filter((file) => waits.test(file))]
process.exit(await runFiles(lanes, 1))
