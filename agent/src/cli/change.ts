import { codeOf, codes, FairleadError } from '@fairlead/protocol/errors.ts'
import type { serveContainers } from '../containers/containers.ts'
import { inOrder } from '../stacks/stacks.ts'
import { parseCount } from './args.ts'
import type { Cli } from './verb.ts'
import { context, doing, refuseNoContainer, withEngine } from './host.ts'
import { clean } from './show.ts'
import { noStack } from './stacks.ts'

type Change = 'start' | 'stop' | 'restart'

/** One after the other; one that fails keeps no other back, and is told at the end. */
export async function change(cli: Cli, verb: Change): Promise<void> {
  const { options, words, json, warn } = cli
  const timeoutSeconds = options['timeout'] === undefined ? 10 : parseCount('--timeout', String(options['timeout']), 3600)
  if ((words.length === 0) === (options['stack'] === undefined))
    throw new FairleadError('invalid_input', `"${verb}" wants names of containers, or --stack STACK alone.`)
  for (const ref of words) refuseNoContainer(ref)
  const done: object[] = []
  await withEngine(cli, async (containers) => {
    for (const ref of words.length > 0 ? words : await ofStack(containers, verb, String(options['stack'])))
      try {
        const { id, name } = await containers.get({ id: ref }, context())
        const after = await doing(cli, { verb, target: id, targetName: name }, () => containers[verb]({ id, timeoutSeconds }, context()))
        done.push({ id, name, status: after.status })
        if (!json) process.stdout.write(clean(`${name}: ${after.detail}\n`))
      } catch (error) {
        done.push({ id: ref, error: { code: codeOf(error), message: (error as Error).message } })
        cli.exit(codes[codeOf(error)].exit)
        warn(`${ref}: ${(error as Error).message}`)
      }
  })
  if (json) cli.say(done, () => '')
}

/** What others need comes first, and ends last. */
async function ofStack(containers: ReturnType<typeof serveContainers>, verb: Change, name: string): Promise<string[]> {
  const ids = inOrder(await containers.list({ all: true }, context()), name).map(({ id }) => id)
  if (ids.length === 0) throw noStack(name)
  return verb === 'stop' ? ids.toReversed() : ids
}
