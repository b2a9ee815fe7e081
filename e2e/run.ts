// The scenarios on real engines, in real namespaces, in a real browser: three files at a time.
import { glob } from 'node:fs/promises'
import { runFiles } from './report.ts'

/** Those that mostly wait, for outages and time-outs, run beside the browser and what wants the two cores for itself. */
const waits = /scenarios\/(?!flood|dev|release|update-power|update-machine)[\w-]+\.test\.ts$/

const wanted = process.argv.slice(2)
const files: string[] = []
for await (const file of glob('e2e/{scenarios,browser}/**/*.test.ts', { cwd: `${import.meta.dirname}/..` })) {
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) files.push(file)
}
files.sort()
const busy = files.filter((file) => !waits.test(file))
const waiting = files.filter((file) => waits.test(file))

/** The next file of the first of these that has one: a lane that is done with its own helps the others. */
function* from(...queues: string[][]): Generator<string[]> {
  for (let queue = queues.find(some); queue !== undefined; queue = queues.find(some)) yield [queue.shift()!]
}
const some = (queue: readonly string[]) => queue.length > 0

process.exit(await runFiles([from(busy, waiting), from(busy, waiting), from(waiting, busy)], 1))
