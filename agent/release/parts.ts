import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Metafile } from 'esbuild'

/** A package of which something is in the bundle. */
export interface Part {
  readonly name: string
  readonly version: string
  readonly license: string
}

/** Every package of the bundle but our own, by name. A file that belongs to none is a mistake. */
export function partsOf(folder: string, { outputs }: Metafile): Part[] {
  const parts = new Map<string, Part>()
  for (const output of Object.values(outputs))
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      // Nothing of it is left, as of what is named for its types alone.
      if (bytesInOutput === 0 || file.startsWith('(disabled)')) continue
      const part = owner(resolve(folder, file))
      if (!part.name.startsWith('@fairlead/')) parts.set(`${part.name}@${part.version}`, part)
    }
  return [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The lines of `deps.txt`. */
export function listParts(parts: readonly Part[]): string {
  return parts.map(({ name, version, license }) => `${name} ${version} ${license}\n`).join('')
}

/**
 * A list of all parts in the form of CycloneDX 1.6: the packages of the bundle and, where `runtime` is given, the Node of a program with
 * what it is made of. It holds no time and no random number: two builds of one state write the same.
 */
export function makeBom(
  version: string,
  sha256: Readonly<Record<string, string>>,
  parts: readonly Part[],
  runtime: Readonly<Record<string, string | undefined>>,
): string {
  const reference = (name: string, of: string) => `pkg:npm/${name.replace('@', '%40')}@${of}`
  const components = [
    ...parts.map(({ name, version: of, license }) => ({
      type: 'library',
      'bom-ref': reference(name, of),
      name,
      version: of,
      purl: reference(name, of),
      licenses: [{ license: { id: license } }],
    })),
    ...Object.entries(runtime)
      .filter(([name]) => name !== 'modules' && name !== 'napi')
      .map(([name, of = '']) => ({
        type: name === 'node' ? 'platform' : 'library',
        'bom-ref': `runtime:${name}@${of}`,
        name,
        version: of,
        purl: `pkg:generic/${name}@${encodeURIComponent(of)}`,
      })),
  ]
  const agent = {
    type: 'application',
    'bom-ref': 'fairlead-agent',
    name: 'fairlead-agent',
    version,
    licenses: [{ license: { id: 'Apache-2.0' } }],
  }
  const files = Object.entries(sha256).map(([name, content]) => ({ name: `sha256:${name}`, value: content }))
  const serial = createHash('sha256')
    .update(JSON.stringify([agent, components, files]))
    .digest('hex')
  return `${JSON.stringify(
    {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: `urn:uuid:${serial.slice(0, 8)}-${serial.slice(8, 12)}-8${serial.slice(13, 16)}-8${serial.slice(17, 20)}-${serial.slice(20, 32)}`,
      version: 1,
      metadata: { component: { ...agent, properties: files } },
      components,
      dependencies: [
        { ref: 'fairlead-agent', dependsOn: components.map((component) => component['bom-ref']) },
        ...components.map((component) => ({ ref: component['bom-ref'] })),
      ],
    },
    undefined,
    2,
  )}\n`
}

function owner(file: string): Part {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const described = join(folder, 'package.json')
    if (!existsSync(described)) continue
    const { name, version, license } = JSON.parse(readFileSync(described, 'utf8')) as Partial<Part>
    // Folders of a package may hold one that says only how its files are read.
    if (name !== undefined && version !== undefined) return { name, version, license: license ?? 'unknown' }
  }
  throw new Error(`${file} is in the bundle and belongs to no package.`)
}
