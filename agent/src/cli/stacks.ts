import { FairleadError } from '@fairlead/protocol/errors.ts'
import { stacksOf, type Stack } from '../stacks/stacks.ts'
import type { Cli } from './verb.ts'
import { context, withEngine } from './host.ts'
import { facts, table } from './show.ts'

export async function run(cli: Cli): Promise<void> {
  const all = stacksOf(await withEngine(cli, (containers) => containers.list({ all: true }, context())))
  const [name] = cli.words
  if (name === undefined) return cli.say(all, () => (all.length === 0 ? 'No container here belongs to a stack.' : listed(all)))
  const one = all.find((stack) => stack.name === name)
  if (one === undefined) throw noStack(name)
  cli.say(one, () => shown(one))
}

export function noStack(name: string): FairleadError {
  return new FairleadError('not_found', `No container here belongs to a stack "${name.slice(0, 80)}"; "fairlead-agent stacks" lists them.`)
}

function listed(all: readonly Stack[]): string {
  return table(
    ['STACK', 'STATE', 'RUNNING', 'SERVICES', 'FOLDER'],
    all.map(({ name, state, running, total, services, workingDir }) => [
      name,
      state,
      `${running}/${total}`,
      services.map((service) => (service.state === 'ok' ? service.name : `${service.name} (${service.state})`)).join(', '),
      workingDir,
    ]),
  )
}

function shown({ name, state, running, total, workingDir, configFiles, services }: Stack): string {
  const head = facts([
    ['Stack', name],
    ['State', `${state}, ${running} of ${total} running`],
    ['Folder', workingDir === '' ? 'not said by its labels' : workingDir],
    ['Files', configFiles.length === 0 ? 'not said by its labels' : configFiles.join(', ')],
  ])
  const rows = services.flatMap((service) =>
    service.containers.map((one) => [service.name, one.state, one.name, one.id.slice(0, 12), one.image, one.detail]),
  )
  return `${head}\n\n${table(['SERVICE', 'STATE', 'CONTAINER', 'ID', 'IMAGE', 'STATUS'], rows)}`
}
