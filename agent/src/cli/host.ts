import { statSync } from 'node:fs'
import os from 'node:os'
import { codeOf, FairleadError } from '@fairlead/protocol/errors.ts'
import { ContainerRef } from '@fairlead/protocol/features/containers.ts'
import type { LocalVerb } from '@fairlead/protocol/features/journal.ts'
import { serveContainers } from '../containers/containers.ts'
import { findSocket, openEngine, type Engine } from '../docker/engine.ts'
import { handIn } from '../journal/inbox.ts'
import { askAgent } from '../local.ts'
import { asOwnerNow } from './owner.ts'
import type { Cli } from './verb.ts'

/** Straight to the engine: neither the hub nor the agent is asked. Whoever is root here needs nobody's leave, and it is written down. */
export async function withEngine<T>(
  { config }: Pick<Cli, 'config'>,
  work: (containers: ReturnType<typeof serveContainers>, engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = openEngine(findSocket(config.engineSocket))
  try {
    return await work(serveContainers(engine, { showsSecrets: () => true }), engine)
  } finally {
    engine.close()
  }
}

/** For handlers that are asked here, and not over a link. */
export function context(signal = new AbortController().signal) {
  return { signal, trace: '' }
}

/** The account at this terminal, also behind sudo. */
export function whoami(): string {
  const sudo = process.env['SUDO_USER']
  let name = String(process.geteuid?.() ?? '')
  try {
    name = os.userInfo().username
  } catch {
    // An account without a name has its number.
  }
  return (sudo === undefined || sudo === name ? name : `${name} (${sudo})`).slice(0, 64)
}

/** Throws `invalid_input` for what no engine calls a container. */
export function refuseNoContainer(ref: string): void {
  if (!ContainerRef.safeParse(ref).success)
    throw new FairleadError('invalid_input', `"${ref.slice(0, 80)}" is no name or id of a container.`)
}

export interface Doing {
  readonly verb: LocalVerb
  readonly target?: string
  readonly targetName?: string
  readonly facts?: Readonly<Record<string, string>>
}

/** Into the journal, and from there to the hub's audit. A disk that takes no more keeps nobody from a rescue: it is said. */
export function writeDown(
  { config, warn }: Pick<Cli, 'config' | 'warn'>,
  { verb, target = '', targetName = '', facts = {} }: Doing,
  outcome: 'ok' | 'failed',
): void {
  try {
    const news = { verb, who: whoami(), outcome, target: target.slice(0, 256), targetName: targetName.slice(0, 256), facts }
    asOwnerNow(config.stateDir, () => handIn(config.stateDir, news))
  } catch (error) {
    warn(`This could not be written into the journal: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Done, and written down however it ended. */
export async function doing<T>(cli: Cli, what: Doing, work: () => Promise<T> | T): Promise<T> {
  try {
    const done = await work()
    writeDown(cli, what, 'ok')
    return done
  } catch (error) {
    writeDown(cli, { ...what, facts: { ...what.facts, code: codeOf(error) } }, 'failed')
    throw error
  } finally {
    await poke(cli)
  }
}

/** The agent that runs looks at once; false: none does. */
export async function poke({ config }: Pick<Cli, 'config'>): Promise<boolean> {
  return askAgent(config.stateDir, 'look').then(
    () => true,
    () => false,
  )
}

/** Root, or whoever the state directory belongs to: they could write the files by hand. */
export function refuseOthers({ config }: Pick<Cli, 'config'>): void {
  const own = process.geteuid?.() ?? 0
  let owner = 0
  try {
    owner = statSync(config.stateDir).uid
  } catch (cause) {
    throw new FairleadError('not_found', `There is no ${config.stateDir}: no agent is set up here. Enrol this host first.`, { cause })
  }
  if (own !== 0 && own !== owner) throw new FairleadError('forbidden', 'Only root may do this; run it with sudo.')
}
