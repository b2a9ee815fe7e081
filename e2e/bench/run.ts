// `npm run bench -- <name> [--json] [options]`: runs one benchmark; the last line on stdout is one JSON object.
import { parseArgs } from 'node:util'
import type { BenchOptions } from './measure/options.ts'

/** Every benchmark by name, and the options that it reads. */
const benches: Readonly<Record<string, { readonly file: string; readonly reads: string }>> = {
  agent: { file: './agent.ts', reads: '--seconds 60 --megabytes 300 --only update,memory' },
  doors: { file: './doors.ts', reads: '--seconds 30' },
  faults: { file: './faults.ts', reads: '--only hostile,slow,flood,cut --seconds 600' },
  fleet: { file: './fleet.ts', reads: '--agents 10000 --seconds 60 --only floor,load,plain,tls' },
  link: {
    file: './link.ts',
    reads: '--mode plain|tls|sealed --megabytes 200 --only list,logs,archive,key,delay,echo,cuts,stalled,startup',
  },
  list: { file: './list.ts', reads: '--hosts 200 --containers 10000' },
  ring: { file: './ring.ts', reads: '--mode' },
  soak: { file: './soak.ts', reads: '--seconds 7200 --megabytes 20' },
  ui: { file: './ui.ts', reads: '' },
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    mode: { type: 'string' },
    only: { type: 'string' },
    agents: { type: 'string' },
    hosts: { type: 'string' },
    containers: { type: 'string' },
    megabytes: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const { file } = benches[positionals[0] ?? ''] ?? refuse(`no benchmark is named "${positionals[0] ?? ''}"`)
const count = (name: 'agents' | 'hosts' | 'containers' | 'megabytes' | 'seconds', fallback: number) => {
  const value = Number(values[name] ?? fallback)
  return Number.isInteger(value) && value >= 1 ? value : refuse(`--${name} wants a whole number from 1 on, not "${values[name]}"`)
}
const options: BenchOptions = {
  mode: values.mode,
  only: values.only?.split(','),
  agents: count('agents', 10_000),
  hosts: count('hosts', 200),
  containers: count('containers', 10_000),
  megabytes: count('megabytes', positionals[0] === 'agent' ? 300 : 200),
  seconds: count('seconds', 60),
}
const { run } = (await import(file)) as { run: (options: BenchOptions) => Promise<Record<string, unknown>> }
const figures = await run(options)
if (!values.json) print(figures, '')
console.log(JSON.stringify(figures))
process.exit(0)

function print(rows: Record<string, unknown>, indent: string): void {
  for (const [key, value] of Object.entries(rows)) {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value)
    console.error(`${indent}${key.padEnd(34 - indent.length)} ${nested ? '' : String(value)}`)
    if (nested) print(value as Record<string, unknown>, `${indent}  `)
  }
}

function refuse(what: string): never {
  console.error(`bench: ${what}. There are:`)
  for (const [name, { reads }] of Object.entries(benches)) console.error(`  ${name.padEnd(6)} ${reads}`)
  process.exit(64)
}
