// Run by `programs.ts` as a process of its own, for `pkg` takes its folders from the environment and changes the working one.
// Argument: JSON of `SeaTask`.
import { createRequire } from 'node:module'
import { nodeVersion, type Arch } from './bases.ts'

export interface SeaTask {
  /** The main script; the bundle and what V8 made of it lie beside. */
  readonly main: string
  readonly assets: readonly string[]
  readonly outputs: readonly { readonly arch: Arch; readonly output: string }[]
}

interface SeaOptions {
  readonly signature: boolean
  readonly targets: readonly { readonly nodeRange: string; readonly platform: string; readonly arch: Arch; readonly output: string }[]
  readonly seaConfig: Readonly<Record<string, unknown>>
}

// The command line of pkg does not pass `seaConfig` on; its function does.
const { default: sea } = createRequire(import.meta.url)('@yao-pkg/pkg/lib-es5/sea.js') as {
  default: (entry: string, options: SeaOptions) => Promise<void>
}
const { main, assets, outputs } = JSON.parse(process.argv[2]!) as SeaTask
await sea(main, {
  signature: false,
  targets: outputs.map((target) => ({ ...target, nodeRange: `node${nodeVersion}`, platform: 'linux' })),
  seaConfig: {
    // Relative to pkg's working folder, `tmp/pkg-sea-*` beside them: the name is written into the program, and no two clones lie at the same place.
    main: '../../begin.cjs',
    assets: Object.fromEntries(assets.map((name) => [name, `../../${name}`])),
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    // Node's own differs from build to build, and knows nothing of what the modules do when they are evaluated; ours is an asset.
    useCodeCache: false,
    // The only one that helps and leaves Node's own code cache valid.
    execArgv: ['--max-semi-space-size=1'],
    // NODE_OPTIONS of whoever starts it says nothing to a program that runs as root.
    execArgvExtension: 'none',
  },
})
