import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

/** Any seed, and no compilers beside the work, which leave a bit behind when they were quick: so what V8 writes is the same each time. */
const steady = ['--hash-seed=7', '--random-seed=7', '--no-sparkplug', '--no-maglev', '--no-opt']
/** Of the header of a code cache: it is taken only under flags of this hash. */
const flagsAt = 12

/** The bundle as the function that `begin.cjs` calls. */
export function wrapBundle(bundle: string): string {
  // Each byte is taken for a character.
  if (/[^\0-\x7f]/.test(bundle)) throw new Error('The bundle holds more than ASCII; see `charset` of esbuild.')
  return `(function(exports,require,module){${bundle}\n})`
}

/**
 * What V8 makes of the bundle once its modules have been evaluated: a start need not do that again. The same bytes each time, for it is
 * written under flags that make it so; what it holds is good under others, so its flags are then said to be those of a start without them.
 */
export async function makeCache(work: string, bundle: string): Promise<Buffer> {
  const source = join(work, 'cached.cjs')
  writeFileSync(source, wrapBundle(bundle))
  const make = async (name: string, flags: readonly string[]): Promise<Buffer> => {
    const output = join(work, name)
    await run(process.execPath, [...flags, join(import.meta.dirname, 'cache-one.cjs'), source, output])
    return readFileSync(output)
  }
  const [made, plain] = [await make('steady.cache', steady), await make('plain.cache', [])]
  plain.copy(made, flagsAt, flagsAt, flagsAt + 4)
  return made
}
