import { cpSync, existsSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const left = new Set(['node_modules', '.git', '.fairlead', '.cache'])
/** Programs of 100 MB each. */
const built = /\/dist\/(bases|release)$/

/** A copy of the tree, with what is installed here: what a test changes there is nobody's source. */
export function copyTree(to: string): void {
  cpSync(root, to, { recursive: true, preserveTimestamps: true, filter: (path) => !left.has(basename(path)) && !built.test(path) })
  for (const folder of ['.', 'protocol', 'agent', 'hub', 'ui', 'e2e'])
    if (existsSync(join(root, folder, 'node_modules'))) symlinkSync(join(root, folder, 'node_modules'), join(to, folder, 'node_modules'))
}
