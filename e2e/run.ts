// The scenarios on real engines, in real namespaces, in a real browser. One file at a time: they share two cores.
import { glob } from 'node:fs/promises'
import { runFiles } from './report.ts'

const wanted = process.argv.slice(2)
const files: string[] = []
for await (const file of glob('e2e/{scenarios,browser}/**/*.test.ts', { cwd: `${import.meta.dirname}/..` })) {
  if (wanted.length === 0 || wanted.some((part) => file.includes(part))) files.push(file)
}
process.exit(await runFiles(files.sort(), 1))
