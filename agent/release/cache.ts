import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './run.ts'

/** Any seed: with one, what V8 writes is the same each time. */
const seeds = ['--hash-seed=7', '--random-seed=7']
/** Of the header of a code cache: it is taken only under flags of this hash. */
const flagsAt = 12

/** The bundle as the function that `begin.cjs` calls. */
export function wrapBundle(bundle: string): string {
  // Each byte is taken for a character.
  if (/[^\0-\x7f]/.test(bundle)) throw new Error('The bundle holds more than ASCII; see `charset` of esbuild.')
  return `(function(exports,require,module){${bundle}\n})`
}

/**
 * What V8 makes of the bundle once its modules have been evaluated: a start need not do that again. The same bytes each time, for the seed of
 * its hashes is given; what is written under another seed is good for all, so its flags are then said to be those of a start without one.
 */
export async function makeCache(work: string, bundle: string): Promise<Buffer> {
  const source = join(work, 'cached.cjs')
  writeFileSync(source, wrapBundle(bundle))
  const make = async (name: string, flags: readonly string[]): Promise<Buffer> => {
    const output = join(work, name)
    await run(process.execPath, [...flags, join(import.meta.dirname, 'cache-one.cjs'), source, output])
    return readFileSync(output)
  }
  const [seeded, plain] = [await make('seeded.cache', seeds), await make('plain.cache', [])]
  plain.copy(seeded, flagsAt, flagsAt, flagsAt + 4)
  return seeded
}
