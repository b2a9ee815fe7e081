// `node e2e/checklist.ts`: writes docs/security-checklist.md from the tests that name a rule, `... [security 17 18]`.
import { readFileSync, writeFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

export interface Held {
  readonly rule: number
  readonly title: string
  readonly file: string
}

/** Every rule that some test names, in order. */
export async function heldRules(): Promise<Held[]> {
  const held: Held[] = []
  for await (const file of glob('{protocol,agent,hub,ui,e2e}/**/*.test.{ts,tsx}', {
    cwd: root,
    exclude: (path) => /node_modules|dist/.test(path),
  })) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, , title, rules] of text.matchAll(/\b(?:it|test)\(\s*(['"`])(.+?) \[security ([\d, ]+)\]\1/g)) {
      for (const rule of rules!.split(/[ ,]+/)) held.push({ rule: Number(rule), title: title!, file })
    }
  }
  return held.sort((a, b) => a.rule - b.rule || a.file.localeCompare(b.file) || a.title.localeCompare(b.title))
}

export function render(held: readonly Held[]): string {
  const rules = [...new Set(held.map(({ rule }) => rule))]
  const rows = rules.map((rule) => {
    const tests = held.filter((entry) => entry.rule === rule).map(({ title, file }) => `${title.replaceAll('|', '\\|')} (\`${file}\`)`)
    return `| ${rule} | ${tests.join('<br>')} |`
  })
  return `# Security checklist

Generated from the titles of the tests (\`node e2e/checklist.ts\`); numbers are the project's security rules. A rule is listed when a test names it.

| rule | held by |
| --- | --- |
${rows.join('\n')}
`
}

if (import.meta.main) writeFileSync(join(root, 'docs/security-checklist.md'), render(await heldRules()))
