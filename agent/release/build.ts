// `npm run build:agent`: one program for each of linux x64 and arm64 with its Node inside, packed for download, with its
// hashes, its list of parts and, where FAIRLEAD_SIGN_KEY_FILE names a key, its signatures. Two clones make the same bytes.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { constants, createGzip } from 'node:zlib'
import { targets, type Manifest } from '@fairlead/protocol/features/updates.ts'
import { bundleAgent } from '../bundle.ts'
import { digestOf, readSecretKey, signDigest } from '../src/minisign.ts'
import { version } from '../src/version.ts'
import { arches, fetchBase, nodeVersion, type Arch } from './bases.ts'
import { listParts, makeBom, partsOf } from './parts.ts'
import { makePrograms } from './programs.ts'
import { readCounter, readTimes } from './settings.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, unpacked: { type: 'boolean', default: false } } })
const wanted = arches.filter((arch) => values.only === undefined || values.only === arch)
if (wanted.length === 0) throw new Error(`--only takes ${arches.join(' or ')}, not "${values.only}".`)
if (process.versions.node !== nodeVersion)
  throw new Error(`This is Node ${process.version}; start it by "npm run build:agent", which takes ${nodeVersion}.`)

const agentDir = join(import.meta.dirname, '..')
const dist = join(agentDir, 'dist')
const out = join(dist, 'release')
const kept = join(dist, 'bases')
const bundle = join(dist, 'agent.cjs')

const say = (text: string) => void process.stderr.write(`${text}\n`)
const seconds = () => Math.round(performance.now() / 1000)

rmSync(out, { recursive: true, force: true })
for (const folder of [out, kept]) mkdirSync(folder, { recursive: true })
const parts = partsOf(agentDir, await bundleAgent(bundle))
say(`Bundled: ${statSync(bundle).size} bytes of ${parts.length} packages and our own.`)

const bases = new Map<Arch, string>()
for (const arch of wanted) bases.set(arch, await fetchBase(join(agentDir, '..'), kept, arch))
const outputs = wanted.map((arch) => ({ arch, output: join(out, `fairlead-agent-linux-${arch}`) }))
await makePrograms(bundle, bases, outputs)
say(`Made the programs (${seconds()} s).`)

const files = outputs.map(({ output }) => output)
writeFileSync(join(out, 'agent.cjs'), readFileSync(bundle))
if (!values.unpacked)
  for (const packed of await Promise.all(outputs.flatMap(({ output }) => [gzip(output), xz(output)])))
    if (packed !== undefined) files.push(packed)
files.push(join(out, 'agent.cjs'))
const sums = new Map<string, string>()
for (const file of files) sums.set(file.slice(out.length + 1), await sha256Of(file))
writeFileSync(join(out, 'bom.json'), makeBom(version, Object.fromEntries(sums), parts, process.versions))
writeFileSync(join(out, 'deps.txt'), listParts(parts))
sums.set('bom.json', await sha256Of(join(out, 'bom.json')))
const list = join(out, 'SHA256SUMS')
writeFileSync(list, [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(''))

// Not among the sums: it has them, and a time. A key that lies elsewhere signs it by hand.
const manifest = join(out, 'manifest.json')
writeFileSync(manifest, `${JSON.stringify(makeManifest(), null, 2)}\n`)

const keyFile = process.env['FAIRLEAD_SIGN_KEY_FILE']
if (keyFile === undefined) say('Not signed: FAIRLEAD_SIGN_KEY_FILE names no secret key of minisign.')
else {
  const secret = readSecretKey(readFileSync(keyFile, 'utf8'))
  for (const file of [...files, list, manifest]) {
    const says = `file:${file.slice(out.length + 1)}\tversion:${version}\thashed`
    writeFileSync(`${file}.minisig`, signDigest(secret, await digestOf(createReadStream(file, { highWaterMark: 1 << 20 })), says))
  }
}
for (const [name, sum] of sums) say(`${sum}  ${String(statSync(join(out, name)).size).padStart(11)}  ${name}`)
say(`Done in ${seconds()} s: ${out}`)

/** What hosts judge, before they take a byte of anything else. */
function makeManifest(): Manifest {
  const names = targets.filter((name) => sums.has(name))
  return {
    product: 'fairlead-agent',
    version,
    counter: readCounter(process.env),
    ...readTimes(process.env),
    node: nodeVersion,
    files: Object.fromEntries(names.map((name) => [name, { bytes: statSync(join(out, name)).size, sha256: sums.get(name)! }])),
  }
}

/** For hosts without xz; every Debian has gzip. */
async function gzip(file: string): Promise<string> {
  await pipeline(createReadStream(file), createGzip({ level: constants.Z_BEST_COMPRESSION }), createWriteStream(`${file}.gz`))
  return `${file}.gz`
}

/** One thread, for several would cut it into blocks by their number. */
async function xz(file: string): Promise<string | undefined> {
  if (!(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'xz')))) {
    say('There is no xz on this machine: hosts will fetch the larger .gz.')
    return undefined
  }
  const child = spawn('xz', ['-9', '-T1', '--stdout', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((done) => child.once('exit', done))
  await pipeline(child.stdout, createWriteStream(`${file}.xz`))
  if ((await ended) !== 0) throw new Error('xz ended badly; its reason is above.')
  return `${file}.xz`
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer)
  return hash.digest('hex')
}
