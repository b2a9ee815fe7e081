import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { acmeFiles, type AcmeSettings } from '../base/acme-settings.ts'
import { readMemory, writePrivate, type AcmeMemory } from './files.ts'
import { fault } from './problem.ts'
import { dueMs, type Kept } from './schedule.ts'

/** What is on the disk, and what follows of it: when to order next. */
export interface Ledger {
  readonly memory: AcmeMemory
  /** Of this run alone: what need not be known by the next one. */
  note(change: Partial<AcmeMemory>): void
  /** On the disk before it returns; throws when it cannot be. */
  remember(change: Partial<AcmeMemory>): void
  /** Other settings are another try; what an authority said of how often it may be asked holds on. */
  begin(): void
  /** The certificate that is there, if the key is its own. */
  kept(): Kept | undefined
  keep(cert: string): void
  nextMs(): number
}

export function openLedger(settings: AcmeSettings, dataDir: string, now: () => number): Ledger {
  const files = acmeFiles(dataDir)
  let memory = readMemory(files.state)

  function remember(change: Partial<AcmeMemory>): void {
    memory = { ...memory, ...change }
    writePrivate(files.state, `${JSON.stringify(memory)}\n`)
  }

  function kept(): Kept | undefined {
    try {
      const cert = readFileSync(files.cert, 'utf8')
      const fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(readFileSync(files.key, 'utf8')))
      return fits ? { cert, from: memory.from } : undefined
    } catch {
      return undefined
    }
  }

  return {
    get memory() {
      return memory
    },
    note: (change) => void (memory = { ...memory, ...change }),
    remember,
    begin() {
      const { directory, domains, email, eab, listen } = settings
      const said = JSON.stringify([directory, domains, email, eab?.kid, listen])
      const under = createHash('sha256').update(said).digest('hex')
      if (memory.settings === under) return
      const held = memory.reason === 'rate_limited' && memory.account?.directory === directory
      remember({ settings: under, ...(held ? {} : { failures: 0, nextMs: 0, reason: undefined, detail: '' }) })
    },
    kept,
    keep(cert) {
      try {
        writePrivate(files.cert, cert)
      } catch (cause) {
        throw fault('certificate', `It was made, and cannot be kept in ${files.dir} (${(cause as NodeJS.ErrnoException).code})`, { cause })
      }
    },
    /** A clock that was set back since the last order is no reason to wait for what it said. */
    nextMs() {
      const held = memory.triedMs > now() + 60_000 ? 0 : memory.nextMs
      return Math.max(dueMs(kept(), settings, memory.window), held)
    },
  }
}
