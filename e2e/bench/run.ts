// `npm run bench -- <name> [--json] [--agents N]`: runs one benchmark; the last line on stdout is one JSON object.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, agents: { type: 'string', default: '1000' }, mode: { type: 'string' } },
})
const name = positionals[0] ?? ''
const file = `${import.meta.dirname}/${name}.ts`
if (!/^[a-z]+$/.test(name) || name === 'run' || !existsSync(file)) {
  const names = (await readdir(import.meta.dirname))
    .filter((entry) => /^[a-z]+\.ts$/.test(entry) && entry !== 'run.ts')
    .map((entry) => entry.slice(0, -3))
  console.error(`bench: no benchmark is named "${name}". There are: ${names.join(', ')}. Example: npm run bench -- list --json`)
  process.exit(64)
}
const agents = Number(values.agents)
if (!Number.isInteger(agents) || agents < 1) {
  console.error(`bench: --agents wants a whole number from 1 on, not "${values.agents}".`)
  process.exit(64)
}
const { run } = (await import(file)) as {
  run: (options: { agents: number; mode?: string | undefined }) => Promise<Record<string, unknown>>
}
const figures = await run({ agents, mode: values.mode })
if (!values.json)
  for (const [key, value] of Object.entries(figures))
    console.error(`${key.padEnd(28)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
console.log(JSON.stringify(figures))
process.exit(0)
