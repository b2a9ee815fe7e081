import { fork } from 'node:child_process'
import { hubFlags, mallocSettings } from '@fairlead/hub/malloc.ts'
import { fromBase64Url, toBase64Url } from '@fairlead/protocol/join.ts'
import { ask } from '../measure/ask.ts'
import type { Probed } from '../measure/probe.ts'

/** A hub of the real parts without a database: what links, decoding and memory of hosts cost by themselves. */
interface BareHub {
  readonly address: string
  readonly hubKey: Uint8Array
  probe(gc?: boolean): Promise<Probed>
  stop(): void
}

/** `keys` are the hosts that it lets in. Started as `start.ts` and the units start a hub. */
export async function startBareHub(keys: readonly Uint8Array[]): Promise<BareHub> {
  const execArgv = [
    ...hubFlags,
    '--import',
    `${import.meta.dirname}/../measure/probe.ts`,
    ...(process.env['BENCH_HUB_OPTIONS'] ?? '').split(' '),
  ]
  const child = fork(`${import.meta.dirname}/bare-hub.ts`, {
    execArgv: execArgv.filter((part) => part !== ''),
    env: { ...mallocSettings, ...process.env },
  })
  const { port, hubKey } = await ask<{ port: number; hubKey: string }>(child, 'listen', { keys: keys.map(toBase64Url) })
  return {
    address: `http://127.0.0.1:${port}`,
    hubKey: fromBase64Url(hubKey),
    probe: (gc = false) => ask<Probed>(child, 'probe', { gc }),
    // Not SIGKILL: a profiler writes its file at the end.
    stop: () => void child.kill('SIGTERM'),
  }
}
