import { accessSync, constants, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findSocket, openEngine } from '../docker/engine.ts'
import { openIdentity } from '../identity.ts'
import { readPin } from '../pin.ts'
import { readJournal } from '../journal/files.ts'
import { askAgent } from '../local.ts'
import type { Check } from './check.ts'
import type { Cli } from './verb.ts'
import { readPolicy } from './policy.ts'
import { size } from './show.ts'

type Asker = Pick<Cli, 'config' | 'version'>

export async function hostChecks(cli: Asker): Promise<Check[]> {
  return [await agentCheck(cli), keyCheck(cli), diskCheck(cli), await engineCheck(cli), policyCheck(cli), journalCheck(cli)]
}

async function agentCheck({ config, version }: Asker): Promise<Check> {
  const name = 'agent'
  try {
    const running = await askAgent<{ version: string; pid: number }>(config.stateDir, 'status')
    if (running.version === version) return { name, state: 'ok', detail: `${version}, process ${running.pid}` }
    return { name, state: 'warn', detail: `${running.version} runs, this is ${version}`, mend: 'systemctl restart fairlead-agent' }
  } catch (error) {
    const [detail, mend] = (error as Error).message.split(/; (?:(?:re)?start it: )?/)
    return { name, state: 'failed', detail: detail!, mend: mend ?? 'systemctl start fairlead-agent', code: 'host_offline' }
  }
}

function keyCheck({ config: { stateDir } }: Asker): Check {
  const name = 'key'
  const file = join(stateDir, 'identity.pem')
  try {
    if (readPin(stateDir) === undefined)
      return {
        name,
        state: 'failed',
        detail: 'this host is not enrolled',
        mend: 'paste the line of the console’s page "Enrol a host"',
        code: 'unauthenticated',
      }
    const mode = statSync(file).mode & 0o777
    if ((mode & 0o077) !== 0)
      return { name, state: 'failed', detail: `${file} may be read by others`, mend: `chmod 600 ${file}`, code: 'forbidden' }
    openIdentity(stateDir)
    return { name, state: 'ok', detail: file }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: (error as Error).message,
      mend: 'enrol this host again with a new line from the console: fairlead-agent rejoin',
      code: 'unauthenticated',
    }
  }
}

function diskCheck({ config: { stateDir } }: Asker): Check {
  const name = 'disk'
  try {
    accessSync(stateDir, constants.W_OK)
    const { bavail, blocks, bsize, ffree, files } = statfsSync(stateDir)
    const free = `${size(bavail * bsize)} free of ${size(blocks * bsize)}`
    const mend = `free some space there: du -xh --max-depth=2 / | sort -h | tail`
    if (bavail * bsize < 1024 * 1024) return { name, state: 'failed', detail: `${stateDir} is full`, mend, code: 'refused' }
    if (files > 0 && ffree === 0) return { name, state: 'failed', detail: `${stateDir} has no inode left`, mend, code: 'refused' }
    return bavail / blocks < 0.05 ? { name, state: 'warn', detail: free, mend } : { name, state: 'ok', detail: free }
  } catch (error) {
    return {
      name,
      state: 'failed',
      detail: `${stateDir} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      mend: 'run this as root; then look at the mount: findmnt --target ' + stateDir,
      code: 'forbidden',
    }
  }
}

async function engineCheck({ config }: Asker): Promise<Check> {
  const engine = openEngine(findSocket(config.engineSocket))
  try {
    await engine.ping()
    return { name: 'engine', state: 'ok', detail: engine.socket }
  } catch (error) {
    return { name: 'engine', state: 'failed', detail: (error as Error).message, mend: 'systemctl start docker', code: 'bad_upstream' }
  } finally {
    engine.close()
  }
}

function policyCheck(cli: Asker): Check {
  const name = 'policy'
  const { mode, problem, lock, source } = readPolicy(cli)
  if (problem !== '')
    return { name, state: 'failed', detail: problem, mend: `fairlead-agent policy check ${cli.config.policyFile}`, code: 'invalid_input' }
  if (lock !== null)
    return { name, state: 'warn', detail: `locked${lock.reason === '' ? '' : `: ${lock.reason}`}`, mend: 'fairlead-agent unlock' }
  return { name, state: 'ok', detail: source === 'default' ? `${mode}; no ${cli.config.policyFile}` : mode }
}

function journalCheck({ config: { stateDir } }: Asker): Check {
  const name = 'journal'
  try {
    const { entries, changedIn } = readJournal(stateDir)
    if (changedIn === undefined) return { name, state: 'ok', detail: `${entries.length} entries` }
    return {
      name,
      state: 'failed',
      detail: `somebody changed ${changedIn}`,
      mend: `compare it with a backup: ${stateDir}/journal`,
      code: 'conflict',
    }
  } catch (error) {
    return { name, state: 'failed', detail: (error as Error).message, mend: 'run this as root', code: 'forbidden' }
  }
}
