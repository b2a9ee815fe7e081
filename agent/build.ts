// Bundles the agent into one file, `dist/agent.cjs`.
import { build } from 'esbuild'

await build({
  entryPoints: [`${import.meta.dirname}/src/main.ts`],
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  // ws takes these native helpers if they are there; they are not.
  external: ['bufferutil', 'utf-8-validate'],
  // The plain entry: the one for Node looks for a native addon and starts threads.
  alias: { 'msgpackr/pack': `${import.meta.dirname}/../protocol/node_modules/msgpackr/pack.js` },
  outfile: `${import.meta.dirname}/dist/agent.cjs`,
})
