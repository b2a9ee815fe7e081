// What `npm start` builds before it starts: the console and the agent, where a source is newer than what was built of it.
import { spawn } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const shared = 'protocol/src/**/*.ts'
const built = {
  ui: { what: 'the console', file: 'ui/dist/index.html', sources: ['ui/*.{ts,json}', 'ui/src/**/*.*', shared], build: 'ui/build.ts' },
  agent: {
    what: 'the agent',
    file: 'agent/dist/agent.cjs',
    sources: ['agent/*.{ts,json}', 'agent/src/**/*.ts', shared],
    build: 'agent/build.ts',
  },
}
type Part = keyof typeof built

/** False when a build failed, which has said why, or was ended by the signal. */
export async function buildOutdated(root: string, signal: AbortSignal, parts: readonly Part[] = ['ui', 'agent']): Promise<boolean> {
  for (const { what, file, sources, build } of parts.map((part) => built[part])) {
    if (!isOutdated(root, file, sources)) continue
    process.stderr.write(`Building ${what} …\n`)
    if ((await run(join(root, build), signal)) !== 0) return false
  }
  return true
}

/** Whether a source is newer than what was built of it, as after a pull. */
function isOutdated(root: string, file: string, sources: readonly string[]): boolean {
  const builtMs = statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
  return globSync(sources, { cwd: root }).some((source) => statSync(join(root, source)).mtimeMs > builtMs)
}

function run(file: string, signal: AbortSignal): Promise<number | null> {
  // From its own folder: what it is built with is looked for there.
  const settings = { cwd: dirname(file), signal, stdio: ['ignore', 'ignore', 'inherit'] as ('ignore' | 'inherit')[] }
  return new Promise((done) =>
    spawn(process.execPath, [file], settings)
      .on('error', () => undefined)
      .once('exit', done),
  )
}
