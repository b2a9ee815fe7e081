import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import type { Cli } from './verb.ts'
import { poke } from './host.ts'

/** What the installation left beside the program does it, as `--uninstall` of the install script does: there is one way out. */
export async function run(cli: Cli): Promise<void> {
  const script = findScript(cli.config.starter)
  refuseOthers(script)
  if ((await poke(cli)) && !isService())
    throw new FairleadError(
      'conflict',
      'The agent runs, and no service started it. End it first where it runs (Ctrl-C), and do this again.',
    )
  if (cli.options['yes'] !== true) await confirm()
  const { code, said } = await remove(script, cli.json)
  if (code !== 0) throw new FairleadError('internal', `It was not removed; why is above. The same by hand: sudo sh ${script}`)
  if (cli.json) cli.say(toldIn(said), () => '')
}

function findScript(starter: string | undefined): string {
  const script = starter === undefined ? undefined : join(dirname(starter), 'uninstall')
  if (script !== undefined && existsSync(script)) return script
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv'))
    throw new FairleadError(
      'unsupported',
      'This agent is a container: remove that from outside, with what it keeps: sudo sh i.sh --container --uninstall with the script of its hub, or docker rm -f CONTAINER and then its volume or folder of /var/lib/fairlead.',
    )
  throw new FairleadError(
    'not_found',
    'Nothing here was installed by the line of a console, or by one of before this verb: fetch i.sh of your hub, and run: sudo sh i.sh --uninstall',
  )
}

/** Root runs nothing that another account could have written, and nobody else may remove what is root's. */
function refuseOthers(script: string): void {
  const [own, { uid: owner }] = [process.geteuid?.() ?? 0, statSync(script)]
  if (own === owner) return
  throw new FairleadError(
    'forbidden',
    owner === 0
      ? 'Only root may do this; run it with sudo.'
      : `Only the account that installed it may do this (number ${owner}), without sudo.`,
  )
}

function isService(): boolean {
  const units =
    process.geteuid?.() === 0 ? '/etc/systemd/system' : join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'systemd/user')
  return [join(units, 'fairlead-agent.service'), '/etc/init.d/fairlead-agent'].some((file) => existsSync(file))
}

async function confirm(): Promise<void> {
  if (!process.stdin.isTTY) throw new FairleadError('invalid_input', 'Nobody can be asked here; say --yes to remove the agent.')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(
      'This removes the agent, its key and its journal from this host. Containers and your files stay. Remove it? [y/N] ',
    )
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new FairleadError('canceled', 'Nothing was removed.')
  } finally {
    asking.close()
  }
}

/** Its words are shown as they come; as a document they are read first. */
function remove(script: string, quiet: boolean): Promise<{ readonly code: number; readonly said: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_')))
  return new Promise((resolve, reject) => {
    const child = spawn(script, [], { env, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (data: Buffer) => {
      if (!quiet) process.stdout.write(data)
      said += data.toString()
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, said }))
  })
}

function toldIn(said: string): { readonly removed: readonly string[]; readonly left: readonly string[] } {
  const lines = said.split('\n')
  return {
    removed: lines.filter((line) => line.startsWith('  ')).map((line) => line.trim()),
    left: lines.flatMap((line) => /^fairlead: left ([^,]+),/.exec(line)?.slice(1) ?? []),
  }
}
