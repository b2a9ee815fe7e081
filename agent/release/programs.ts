import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { seedCache, type Arch } from './bases.ts'
import { makeCache, wrapBundle } from './cache.ts'
import { run } from './run.ts'
import type { SeaTask } from './sea.ts'

/** Puts a bundle into each Node. What is made does not depend on where this lies. */
export async function makePrograms(bundle: string, bases: ReadonlyMap<Arch, string>, outputs: SeaTask['outputs']): Promise<void> {
  const work = join(dirname(outputs[0]!.output), `.work-${process.pid}`)
  const [home, tmp] = [join(work, 'home'), join(work, 'tmp')]
  rmSync(work, { recursive: true, force: true })
  try {
    for (const folder of [home, tmp]) mkdirSync(folder, { recursive: true })
    const text = readFileSync(bundle, 'utf8')
    writeFileSync(join(work, 'agent.cjs'), wrapBundle(text))
    writeFileSync(join(work, 'begin.cjs'), readFileSync(join(import.meta.dirname, 'begin.cjs')))
    writeFileSync(join(work, 'agent.cache'), await makeCache(work, text))
    seedCache(home, bases)
    // What V8 made is good for the processor that it was made on.
    const own = outputs.filter(({ arch }) => arch === process.arch)
    const others = outputs.filter(({ arch }) => arch !== process.arch)
    for (const [some, assets] of [[own, ['agent.cjs', 'agent.cache']] as const, [others, ['agent.cjs']] as const]) {
      if (some.length === 0) continue
      const task: SeaTask = {
        main: join(work, 'begin.cjs'),
        assets: [...assets, addPadding(work, ['begin.cjs', ...assets])],
        outputs: some,
      }
      await run(process.execPath, [join(import.meta.dirname, 'sea.ts'), JSON.stringify(task)], {
        env: { PATH: process.env['PATH'], HOME: home, TMPDIR: tmp },
      })
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The files that are put into a Node are a multiple of this together. */
const roundBytes = 256 * 1024

/** What makes files of so many bytes a round sum; never nothing. */
export function paddingBytes(bytes: number): number {
  return roundBytes - (bytes % roundBytes)
}

/**
 * The Node's own headers say how large what was put in is: its files, and beside them what stays the same, their names above all. So an update
 * brings the blocks of the headers only where the sum of the files crosses a step. Returns the file that fills it up.
 */
function addPadding(work: string, files: readonly string[]): string {
  const bytes = files.reduce((sum, name) => sum + statSync(join(work, name)).size, 0)
  writeFileSync(join(work, 'padding'), new Uint8Array(paddingBytes(bytes)))
  return 'padding'
}
