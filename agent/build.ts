// Bundles the agent into one file, `dist/agent.cjs`. The programs of `npm run build:agent` are made of it.
import { bundleAgent } from './bundle.ts'

await bundleAgent(`${import.meta.dirname}/dist/agent.cjs`)
