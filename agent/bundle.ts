import { build, type BuildOptions, type Metafile } from 'esbuild'
import { readBuilt } from './release/settings.ts'

/** What the bundle takes instead of what its sources name. */
export const lean = {
  alias: {
    // The plain entry: the one for Node looks for a native addon and starts threads.
    'msgpackr/pack': `${import.meta.dirname}/../protocol/node_modules/msgpackr/index.js`,
    'zod/mini': `${import.meta.dirname}/schema.ts`,
  },
  // A contract may use what `schema.ts` does not have: better here than on a host.
  logOverride: { 'import-is-undefined': 'error' },
} satisfies Partial<BuildOptions>

/** Bundles the agent into one file and says of what it is made. */
export async function bundleAgent(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [`${import.meta.dirname}/src/main.ts`],
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    // Names of inputs in the metafile begin here, wherever the build was started from.
    absWorkingDir: import.meta.dirname,
    metafile: true,
    define: { FAIRLEAD_BUILT: JSON.stringify(readBuilt(process.env)) },
    // ws takes these native helpers if they are there; they are not.
    external: ['bufferutil', 'utf-8-validate'],
    ...lean,
    outfile,
  })
  return metafile
}
