import type { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import type { Clients } from '@fairlead/protocol/wire/rpc.ts'

type OnHost = Pick<Clients<typeof hubFeatures>, 'terminals'>
type TerminalEnd = ReturnType<OnHost['terminals']['attach']>

/** A new shell in a container, attached; it has answered once. */
export async function openShell({ terminals }: OnHost, container: string): Promise<{ readonly id: string; readonly end: TerminalEnd }> {
  const { id } = await terminals.open({ container, command: ['/bin/sh'] })
  const end = terminals.attach({ id })
  await answers(end, 20, 22)
  return { id, end }
}

/** A shell opens, takes keys, answers, and is closed again. */
export async function tryShell(host: OnHost, container: string): Promise<void> {
  const { id } = await openShell(host, container)
  await host.terminals.close({ id })
}

/** The shell adds two numbers up: the keys arrived, and so did what they did. */
export async function answers(end: TerminalEnd, left: number, right: number): Promise<void> {
  await end.send(Buffer.from(`echo $((${left}+${right}))\n`))
  await readUntil(end, new RegExp(`\\n${left + right}`))
}

/** Reads a terminal until it showed something. Rejects with what it showed instead. */
export async function readUntil(end: AsyncIterable<Uint8Array>, wanted: RegExp): Promise<void> {
  let text = ''
  const timer = AbortSignal.timeout(20_000)
  const iterator = end[Symbol.asyncIterator]()
  while (!wanted.test(text)) {
    const next = await Promise.race([
      iterator.next(),
      new Promise<never>((_, reject) => timer.addEventListener('abort', () => reject(new Error(`not seen in: ${text.slice(-300)}`)))),
    ])
    if (next.done === true) throw new Error(`it ended: ${text.slice(-300)}`)
    text += Buffer.from(next.value).toString()
  }
}
