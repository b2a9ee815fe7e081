import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '@fairlead/protocol/errors.ts'
import type { LinkFacts } from '../connect.ts'
import { askAgent } from '../local.ts'
import { readLosses, type LinkHistory, type Loss } from '../losses.ts'
import type { Cli } from './verb.ts'
import { linkWords } from './status.ts'
import { facts, size, span, table, time } from './show.ts'

interface Live extends LinkHistory, LinkFacts {
  readonly streams: readonly { readonly id: number; readonly method: string; readonly receivedBytes: number; readonly sentBytes: number }[]
}

export async function run(cli: Cli): Promise<void> {
  const { config, options, say, warn } = cli
  do {
    const live = await askAgent<Live>(config.stateDir, 'link').catch((error: Error) => {
      if (codeOf(error) === 'forbidden') throw error
      warn(error.message)
      return undefined
    })
    if (live === undefined) {
      const losses = readLosses(config.stateDir)
      return say({ agentRuns: false, losses }, () => lossWords(losses))
    }
    say({ agentRuns: true, ...live }, () => inWords(live))
    if (options['follow'] === true) await sleep(1000)
  } while (options['follow'] === true)
}

function inWords(live: Live): string {
  const { stats, tlsEndToEnd, streams } = live
  const parts = [
    facts([
      ['Link', linkWords(live)],
      ['Hub', live.address],
      ...(stats === null ? [] : [['Sealed', tlsEndToEnd ? 'by TLS, end to end' : 'message by message: TLS ends before the hub'] as const]),
    ]),
  ]
  if (stats !== null)
    parts.push(
      facts([
        ['Round trip', `${stats.roundTripMs.toFixed(1)} ms`],
        ['Window', `${size(stats.pathWindowBytes)} on the path, ${size(stats.grantedBytes)} granted to the hub`],
        ['Sent', `${size(stats.sentBytes)}, acknowledged ${size(stats.ackedBytes)}`],
        ['Received', size(stats.receivedBytes)],
        [
          'Waiting',
          `${size(stats.queuedBytes)} queued, ${size(stats.retainedBytes)} kept until the hub has it, ${stats.pausedStreams} streams wait for it`,
        ],
      ]),
      table(
        ['STREAM', 'METHOD', 'SENT', 'RECEIVED'],
        streams.map(({ id, method, sentBytes, receivedBytes }) => [String(id), method, size(sentBytes), size(receivedBytes)]),
      ),
    )
  parts.push(lossWords(live.losses))
  return parts.join('\n\n')
}

function lossWords(losses: readonly Loss[]): string {
  if (losses.length === 0) return 'The link was never lost.'
  return table(
    ['LOST (UTC)', 'AFTER', 'WHY'],
    losses.toReversed().map(({ atMs, upMs, reason }) => [time(atMs), span(upMs), reason]),
  )
}
