import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleAgent } from '../../agent/bundle.ts'
import { makeKeys } from '../../agent/src/test-minisign.ts'
import { signRelease } from '../../agent/src/updates/test-release.ts'

const starter = join(import.meta.dirname, '../../installers/starter.sh')

/** A bundle that takes releases of a key of this test's own, and other builds of it. */
export interface Builds {
  readonly keys: { readonly secret: string; readonly public: string }
  /** What is installed, with counter 1. */
  readonly bundle: string
  /** The same of another version. */
  of(version: string, change?: (text: string) => string): Buffer
  close(): void
}

export async function makeBuilds(): Promise<Builds> {
  const dir = mkdtempSync('/var/tmp/fairlead-builds-')
  const keys = makeKeys()
  writeFileSync(join(dir, 'keys'), keys.public)
  const before = { ...process.env }
  Object.assign(process.env, { FAIRLEAD_RELEASE_KEYS: join(dir, 'keys'), FAIRLEAD_RELEASE_COUNTER: '1' })
  const bundle = join(dir, 'agent.cjs')
  await bundleAgent(bundle)
  for (const name of ['FAIRLEAD_RELEASE_KEYS', 'FAIRLEAD_RELEASE_COUNTER'])
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  const text = readFileSync(bundle, 'utf8')
  return {
    keys,
    bundle,
    of: (version, change = (same) => same) => Buffer.from(change(text.replaceAll('"0.1.0"', `"${version}"`))),
    close: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Builds that start where they are tried, and no further. */
export const broken = {
  ends: (text: string) => `if (process.argv[2] === 'run') process.exit(3)\n${text}`,
  hangs: (text: string) => `if (process.argv[2] === 'run') return void setInterval(() => undefined, 1e6)\n${text}`,
  'cannot log in': (text: string) => text.replace('"/agent"', '"/nowhere"'),
} satisfies Record<string, (text: string) => string>

/** As the install line leaves it, with a Node of the host's own; a try takes so many seconds. */
export function install(prefix: string, stateDir: string, bundle: string, limitSeconds = 6): string {
  mkdirSync(prefix, { recursive: true })
  writeFileSync(join(prefix, 'agent.cjs'), readFileSync(bundle))
  const head = `#!/bin/sh\nprefix="${prefix}" state="${stateDir}" node="${process.execPath}" installed="${prefix}/agent.cjs"\n`
  const body = readFileSync(starter, 'utf8').replace('limit_seconds=120', `limit_seconds=${limitSeconds}`)
  const file = join(prefix, 'fairlead-agent')
  writeFileSync(file, head + body, { mode: 0o755 })
  return file
}

/** A folder as `npm run build:agent` leaves it. */
export function writeRelease(folder: string, by: Builds['keys'], release: Parameters<typeof signRelease>[1]): string {
  mkdirSync(folder, { recursive: true })
  const { manifest, signature } = signRelease(by, release)
  writeFileSync(join(folder, 'manifest.json'), manifest)
  writeFileSync(join(folder, 'manifest.json.minisig'), signature)
  writeFileSync(join(folder, release.target ?? 'agent.cjs'), release.file)
  return folder
}
