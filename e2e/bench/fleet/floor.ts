import { fork } from 'node:child_process'
import { hubFlags, mallocSettings } from '@fairlead/hub/malloc.ts'
import { ask } from '../measure/ask.ts'
import { round, sleep } from '../measure/numbers.ts'
import type { Probed } from '../measure/probe.ts'

/** What a simulated agent's sample is on the wire, about. */
const sampleBytes = 40

/** What so many links and what they say cost whoever does nothing with it: the ground that figures of a fleet stand on, on this machine, in this hour. */
export async function measureFloor(
  links: number,
  seconds: number,
  { perProcess, everyMs, settleMs }: FloorOptions,
): Promise<Record<string, number>> {
  const env = { ...mallocSettings, ...process.env }
  const server = fork(`${import.meta.dirname}/floor-server.ts`, {
    execArgv: [...hubFlags, '--import', `${import.meta.dirname}/../measure/probe.ts`],
    env,
  })
  const clients = Array.from({ length: Math.ceil(links / perProcess) }, () => fork(`${import.meta.dirname}/floor-clients.ts`))
  try {
    const port = await ask<number>(server, 'listen')
    const probe = (gc = false) => ask<Probed>(server, 'probe', { gc })
    const empty = await probe(true)
    const count = Math.round(links / clients.length)
    await Promise.all(clients.map((client) => ask(client, 'connect', { port, count, perSecond: 400 / clients.length })))
    await sleep(settleMs)
    const idle = await probe(true)
    for (const client of clients) await ask(client, 'live', { bytes: sampleBytes, everyMs })
    await sleep(everyMs * 1.5)
    const [before, startMs] = [await probe(), performance.now()]
    await sleep(seconds * 1000)
    const corePercent = (((await probe()).cpuMs - before.cpuMs) / (performance.now() - startMs)) * 100
    return {
      floorCpuCorePercentPer1000: round((corePercent / links) * 1000),
      floorRssPerLinkKiB: round((idle.rssBytes - empty.rssBytes) / links / 1024),
    }
  } finally {
    for (const child of [...clients, server]) child.kill('SIGKILL')
  }
}

interface FloorOptions {
  /** Links of one process of clients. */
  readonly perProcess: number
  readonly everyMs: number
  readonly settleMs: number
}
