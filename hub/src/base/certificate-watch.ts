import { createPrivateKey, X509Certificate } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import { FairleadError } from '@fairlead/protocol/errors.ts'
import { openCertificate, type Certificate, type CertificateFiles } from './certificate.ts'
import type { Log } from './log.ts'

/** What people are told of the certificate that is shown now. */
export interface CertificateState {
  /** PEM. */
  readonly cert: string
  readonly validToMs: number
  readonly names: string
  readonly selfSigned: boolean
  /** Why the files that are there now are not taken; '' when they are. */
  readonly problem: string
}

export interface CertificateWatch {
  readonly state: CertificateState
  /** Whoever put new files there need not wait until that is seen. */
  look(): Promise<void>
  close(): void
}

interface WatchOptions {
  readonly current: Certificate
  readonly dataDir: string
  /** The files that were given; without them the hub's own certificate is made anew in time. */
  readonly given: CertificateFiles
  /** New connections are shown this one; those that are open go on. */
  readonly take: (certificate: Certificate) => void
  readonly log: Log
  readonly now?: () => number
}

/** Both files are written one after the other: looked at when nothing came for a moment. */
const settleMs = 300
/** For folders whose changes are not told: network disks, some containers. */
const lookMs = 60_000

/** A new certificate is shown as soon as its files are there. A pair that is none, or over, is not taken, and said so once. */
export function watchCertificate({ current, dataDir, given, take, log, now = Date.now }: WatchOptions): CertificateWatch {
  let shown = current
  let problem = ''
  let settling: NodeJS.Timeout | undefined
  let looking = Promise.resolve()

  /** One after the other: whoever asks is told of what is there when they asked. */
  const look = () => (looking = looking.then(lookOnce))

  async function lookOnce(): Promise<void> {
    try {
      const found = await openCertificate(dataDir, given)
      if (found.cert !== shown.cert || found.key !== shown.key) {
        checkPair(found, now())
        take(found)
        shown = found
        log('info', 'a new certificate is shown from now on', { until: new X509Certificate(found.cert).validTo })
      }
      problem = ''
    } catch (error) {
      const why =
        error instanceof FairleadError
          ? error.message
          : `The files of the certificate cannot be read (${(error as NodeJS.ErrnoException).code}).`
      if (why !== problem) log('error', 'the new certificate is not taken; the one before is shown on', { why })
      problem = why
    }
  }
  const soon = () => {
    clearTimeout(settling)
    settling = setTimeout(() => void look(), settleMs).unref()
  }
  const watchers = watchFolders(given, soon)
  const timer = setInterval(() => void look(), given.cert === undefined ? 3_600_000 : lookMs).unref()
  return {
    get state() {
      return { ...describe(shown), problem }
    },
    look,
    close() {
      clearTimeout(settling)
      clearInterval(timer)
      for (const watcher of watchers) watcher.close()
    },
  }
}

/** The folders, not the files: a file that is renamed into place is another one. */
function watchFolders({ cert, key }: WatchOptions['given'], onChange: () => void): FSWatcher[] {
  const folders = cert === undefined || key === undefined ? [] : [...new Set([dirname(cert), dirname(key)])]
  return folders.flatMap((folder) => {
    try {
      return [watch(folder, { persistent: false }, onChange).on('error', () => undefined)]
    } catch {
      // It is looked at every minute all the same.
      return []
    }
  })
}

export function describe({ cert, selfSigned }: Certificate): Omit<CertificateState, 'problem'> {
  const { validTo, subjectAltName } = new X509Certificate(cert)
  return { cert, validToMs: Date.parse(validTo), names: subjectAltName ?? '', selfSigned }
}

/** Throws `invalid_input` when key and certificate do not belong together, or it is over. */
export function checkPair({ cert, key }: Pick<Certificate, 'cert' | 'key'>, nowMs = Date.now()): void {
  let found: X509Certificate
  let fits: boolean
  try {
    found = new X509Certificate(cert)
    fits = found.checkPrivateKey(createPrivateKey(key))
  } catch (cause) {
    throw new FairleadError('invalid_input', 'The certificate or its key is no PEM file; both must be whole.', { cause })
  }
  if (!fits) throw new FairleadError('invalid_input', 'The key does not belong to the certificate; give the two that were made together.')
  if (Date.parse(found.validTo) <= nowMs) throw new FairleadError('invalid_input', `The certificate ended on ${found.validTo}; renew it.`)
}
