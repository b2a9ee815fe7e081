import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const members = ['protocol', 'agent', 'hub', 'ui', 'e2e']
const manifests = ['package.json', ...members.map((name) => `${name}/package.json`)]
const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string }
const workspace = read('pnpm-workspace.yaml')
const lock = read('pnpm-lock.yaml')

/** The lines below a key of a file whose values are single lines. */
function below(text: string, key: string): string[] {
  const found = new RegExp(`^${key}:\\n((?: {2,}.*\\n|#.*\\n)+)`, 'm').exec(`${text}\n`)
  assert.ok(found !== null, `${key} is not there`)
  return found[1]!
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** What setup installs, asked of the manifests alone: nothing is fetched. */
function installs(change: (folder: string) => void): { readonly code: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-supply-'))
  try {
    for (const file of [...manifests, 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'patches'])
      cpSync(join(root, file), join(folder, file), { recursive: true })
    change(folder)
    const argv = ['-y', packageManager, 'install', '--frozen-lockfile', '--lockfile-only', '--offline']
    const { status, stdout, stderr } = spawnSync('npx', argv, { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: '1' } })
    return { code: status, said: stdout + stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const editing = (file: string, from: string, to: string) => (folder: string) => {
  const text = readFileSync(join(folder, file), 'utf8')
  assert.ok(text.includes(from), `${file} has no ${from}`)
  writeFileSync(join(folder, file), text.replace(from, to))
}

describe('what is installed', () => {
  it('is what the lock file says, or nothing: a manifest that says another thing is refused [security 147]', { timeout: 120_000 }, () => {
    assert.match(read('setup.mjs'), new RegExp(`pnpm = '${packageManager}'`))
    assert.match(read('setup.mjs'), /'install', '--frozen-lockfile'/)
    const whole = installs(() => undefined)
    assert.equal(whole.code, 0, whole.said)
    for (const change of [
      editing('agent/package.json', '"ws": "8.23.0"', '"ws": "8.22.0"'),
      editing('hub/package.json', '"dependencies": {', '"dependencies": { "left-pad": "1.3.0",'),
      editing('patches/postgres@3.4.9.patch', '+', '+ '),
    ]) {
      const { code, said } = installs(change)
      assert.notEqual(code, 0, said)
      assert.match(said, /frozen|lockfile/i)
    }
  })

  it('is older than three days, from the registry alone, each package by its hash [security 147]', () => {
    assert.ok(Number(/^minimumReleaseAge: (\d+)$/m.exec(workspace)?.[1]) >= 3 * 24 * 60)
    assert.doesNotMatch(workspace, /minimumReleaseAgeExclude/)
    assert.match(workspace, /^blockExoticSubdeps: true$/m)
    const resolutions = [...lock.matchAll(/^ {4}resolution: (.*)$/gm)].map(([, found]) => found!)
    assert.ok(resolutions.length > 100)
    for (const resolution of resolutions) assert.match(resolution, /^\{integrity: sha512-[A-Za-z0-9+/]{86}==\}$/)
  })

  it('is named by one version, never by a range, an address or a folder [security 147]', () => {
    for (const file of manifests) {
      const manifest = JSON.parse(read(file)) as Record<string, Record<string, string> | undefined>
      const named = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) => Object.entries(manifest[kind] ?? {}))
      for (const [name, version] of named)
        assert.match(version, name.startsWith('@fairlead/') ? /^workspace:\*$/ : /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, `${file}: ${name}`)
      assert.equal(manifest['overrides'], undefined)
    }
  })

  it('runs no script of its own at its installation: whoever wants to is listed, and refused [security 147]', async () => {
    const allowed = new Map(below(workspace, 'allowBuilds').map((line) => line.replaceAll("'", '').split(': ') as [string, string]))
    const wanting = new Set<string>()
    for await (const file of glob('node_modules/.pnpm/*/node_modules/{*,@*/*}/package.json', { cwd: root })) {
      const { name, scripts = {} } = JSON.parse(read(file)) as { name?: string; scripts?: Record<string, string> }
      // What is in another one's folder is a link, and is met there.
      if (name !== undefined && ['preinstall', 'install', 'postinstall'].some((script) => script in scripts)) wanting.add(name)
    }
    assert.ok(wanting.size > 0)
    for (const name of wanting) assert.equal(allowed.get(name), 'false', `${name} wants to run a script`)
    for (const [name, may] of allowed) assert.equal(may, 'false', name)
    assert.doesNotMatch(workspace, /dangerouslyAllowAllBuilds|onlyBuiltDependencies/)
  })

  it('is patched only where a decision says why, and by the patch that the lock file has the hash of [security 147]', () => {
    const decisions = readdirSync(join(root, 'docs/decisions')).map((name) => read(`docs/decisions/${name}`))
    for (const line of below(workspace, 'patchedDependencies')) {
      const [name = '', file = ''] = line.split(': ')
      assert.ok(
        decisions.some((text) => text.includes(file)),
        `${name} is patched, and no decision names ${file}`,
      )
      const hash = createHash('sha256').update(read(file)).digest('hex')
      assert.match(lock, new RegExp(`${name.replaceAll('.', '\\.')}:\\n {4}hash: ${hash}\\n`))
    }
  })
})

describe('SECURITY.md', () => {
  const text = read('SECURITY.md')

  it('says within how many days what was found in others is mended, and what looks for it, by the pinned pnpm [security 150]', () => {
    assert.match(text, /critical within 7 days, high within 30/)
    assert.ok(text.includes(`npx -y ${packageManager} audit`))
  })

  it('says how to tell us in private, and that each mend leaves a test [security 151]', () => {
    assert.match(text, /Report a vulnerability/)
    assert.match(text, /a test that was red before it/)
    // Nobody who is not there is named.
    assert.doesNotMatch(text, /\w@[a-z]|https?:/)
  })
})
