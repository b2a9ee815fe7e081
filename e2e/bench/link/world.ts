import { randomUUID } from 'node:crypto'
import { startEngine } from '../../engine.ts'
import { sleep } from '../measure/numbers.ts'
import { bigFile } from './contract.ts'
import { openPair, type LinkPair, type Mode, type PairOptions } from './pair.ts'

/** A real engine with what is read, and links to it in one mode. */
export interface World {
  pair(options: Omit<PairOptions, 'mode' | 'engine'>): Promise<LinkPair>
  /** Its log is so many bytes of text, in lines of 109. Written when first asked for. */
  logContainer(): Promise<string>
  readonly logTextBytes: number
  /** Runs, and holds the big file. The engine locks it while that is read: one reader at a time, and no terminal. */
  bigContainer(): Promise<string>
  /** Runs and does nothing: for terminals. */
  readonly idleContainer: string
}

const lineBytes = 109
const idleContainers = 10

export async function openWorlds(megabytes: number): Promise<{ of(mode: Mode): World; stop(): Promise<void> }> {
  const engine = await startEngine()
  const lines = Math.round((megabytes * 1e6) / lineBytes)
  const made = new Map<string, Promise<string>>()
  const once = (name: string, make: () => Promise<string>) => {
    const found = made.get(name) ?? make()
    made.set(name, found)
    return found
  }
  const ended = async (id: string) => {
    for (;;) {
      const { body } = await engine.api('GET', `/containers/${id}/json`)
      if (!(JSON.parse(body) as { State: { Running: boolean } }).State.Running) return
      await sleep(200)
    }
  }
  let idleContainer = ''
  for (let n = 0; n < idleContainers; n++) idleContainer = await engine.run(`idle-${n}`, ['sleep', '100000'])

  async function writeLog(): Promise<string> {
    const text = 'x'.repeat(lineBytes - 1)
    const id = await engine.run(`log-${randomUUID()}`, ['sh', '-c', `yes ${text} | head -n ${lines}`])
    await ended(id)
    return id
  }

  async function writeBig(): Promise<string> {
    const fill = `dd if=/dev/urandom of=${bigFile} bs=1000000 count=${megabytes} && echo written; exec sleep 100000`
    const id = await engine.run(`big-${randomUUID()}`, ['sh', '-c', fill])
    for (;;) {
      const { body } = await engine.api('GET', `/containers/${id}/logs?stdout=1&stderr=1`)
      if (body.includes('written')) return id
      await sleep(200)
    }
  }

  return {
    of: (mode) => ({
      pair: (options) => openPair({ mode, engine, ...options }),
      logContainer: () => once('log', writeLog),
      logTextBytes: lines * lineBytes,
      bigContainer: () => once('big', writeBig),
      idleContainer,
    }),
    stop: () => engine.stop(),
  }
}
