// The console's budgets: what is loaded first, late frames of the long list, and what a million log lines take.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { round } from './measure/numbers.ts'
import { measureGrid } from './ui-grid.ts'

const dist = join(import.meta.dirname, '../../ui/dist')

export async function run(): Promise<Record<string, unknown>> {
  if (!existsSync(join(dist, 'index.html'))) throw new Error('The console is not built; run "node ui/build.ts" first.')
  const figures = { ...measureFirstLoad(), ...(await measureGrid()) }
  const logs = join(import.meta.dirname, 'ui-logs.ts')
  if (!existsSync(logs)) return figures
  const { measureLogs } = (await import(logs)) as { measureLogs: () => Promise<Record<string, unknown>> }
  return { ...figures, ...(await measureLogs()) }
}

/** What a browser fetches before anything is shown, in KiB of brotli: the page's own scripts and all that they import at once. */
function measureFirstLoad(): { readonly firstLoadKiB: number; readonly firstLoadCssKiB: number } {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const kibibytes = (paths: Iterable<string>) =>
    round([...paths].reduce((sum, path) => sum + statSync(join(dist, `${path}.br`)).size, 0) / 1024)
  const scripts = new Set(Array.from(html.matchAll(/src="(\/assets\/[^"]+\.js)"/g), ([, path]) => path!))
  for (const path of scripts)
    for (const [, name] of readFileSync(join(dist, path), 'utf8').matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g))
      scripts.add(`/assets/${name}`)
  const sheets = Array.from(html.matchAll(/href="(\/assets\/[^"]+\.css)"/g), ([, path]) => path!)
  return { firstLoadKiB: kibibytes(scripts), firstLoadCssKiB: kibibytes(sheets) }
}
