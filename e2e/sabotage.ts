// `npm run sabotage [-- RULE ...]`: breaks what holds a rule, in a copy of the tree, and looks whether the test that names the rule goes red.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyTree } from './fleet/tree.ts'

interface Twin {
  readonly rule: number
  /** What goes wrong once it is broken. */
  readonly breaks: string
  readonly file: string
  /** Stands once in the file; `put` takes its place. */
  readonly find: string
  readonly put: string
  readonly test: string
  /** The rule that the test names, where it is another one's. */
  readonly names?: number
}

export const twins = JSON.parse(readFileSync(join(import.meta.dirname, 'sabotage.json'), 'utf8')) as readonly Twin[]

/** The titles of the tests that went red of it and name the rule; `whole`: those of the tree as it is. */
export function redOf({ rule, names = rule, file, find, put, test }: Twin, whole = false): readonly string[] {
  const dir = mkdtempSync('/var/tmp/fairlead-sabotage-')
  try {
    copyTree(dir)
    const path = join(dir, file)
    if (!whole)
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(find, () => put),
      )
    const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', '--test-timeout=120000', join(dir, test)], {
      cwd: dir,
      // A run of its own, also below another one.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      encoding: 'utf8',
      timeout: 300_000,
    })
    const red = [...stdout.matchAll(/^ *not ok \d+ - (.+)$/gm)].map(([, title]) => title!)
    return red.filter((title) => new RegExp(`\\[security (\\d+ )*${names}( \\d+)*\\]`).test(title))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const wanted = process.argv.slice(2).map(Number)
  const missed: number[] = []
  for (const twin of twins.filter(({ rule }) => wanted.length === 0 || wanted.includes(rule))) {
    const red = redOf(twin)
    if (red.length === 0) missed.push(twin.rule)
    console.log(
      `${red.length > 0 ? 'red   ' : 'MISSED'} ${twin.rule}: ${twin.breaks}\n${red.map((title) => `         ${title}\n`).join('')}`,
    )
  }
  if (missed.length > 0) console.log(`Nothing noticed that these were broken: ${missed.join(', ')}`)
  process.exit(missed.length > 0 ? 1 : 0)
}
