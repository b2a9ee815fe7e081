import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { seedCache, type Arch } from './bases.ts'
import { run } from './run.ts'
import type { SeaTask } from './sea.ts'

/** Puts a bundle into each Node. What is made does not depend on where this lies. */
export async function makePrograms(bundle: string, bases: ReadonlyMap<Arch, string>, outputs: SeaTask['outputs']): Promise<void> {
  const work = join(dirname(outputs[0]!.output), `.work-${process.pid}`)
  const [home, tmp] = [join(work, 'home'), join(work, 'tmp')]
  rmSync(work, { recursive: true, force: true })
  try {
    for (const folder of [home, tmp]) mkdirSync(folder, { recursive: true })
    writeFileSync(join(work, 'agent.cjs'), readFileSync(bundle))
    seedCache(home, bases)
    const task: SeaTask = { bundle: join(work, 'agent.cjs'), outputs }
    await run(process.execPath, [join(import.meta.dirname, 'sea.ts'), JSON.stringify(task)], {
      env: { PATH: process.env['PATH'], HOME: home, TMPDIR: tmp },
    })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
