import type { AcmeSettings } from '../base/acme-settings.ts'
import { acmeFiles } from '../base/acme-settings.ts'
import type { Log } from '../base/log.ts'
import { openClient, type Ask } from './client.ts'
import { keyIn, type AcmeMemory } from './files.ts'
import type { Ledger } from './ledger.ts'
import { orderCertificate, type OrderDeps } from './order.ts'
import { faultOf } from './problem.ts'
import { certificateId } from './renewal.ts'

interface TakeDeps {
  readonly settings: AcmeSettings
  readonly dataDir: string
  readonly ledger: Ledger
  readonly ask: Ask
  readonly offer: OrderDeps['offer']
  readonly log: Log
}

/** One certificate, as whoever the authority knows already, or as somebody new. */
export async function takeCertificate(deps: TakeDeps, signal: AbortSignal): Promise<string> {
  const { ledger, settings } = deps
  const known = ledger.memory.account?.directory === settings.directory ? ledger.memory.account : undefined
  try {
    return await takeAs(deps, known, signal)
  } catch (error) {
    // The authority lost the account: a new one is made once.
    if (known === undefined || faultOf(error).type !== 'accountDoesNotExist') throw error
    ledger.remember({ account: undefined })
    return takeAs(deps, undefined, signal)
  }
}

async function takeAs(deps: TakeDeps, known: AcmeMemory['account'], signal: AbortSignal): Promise<string> {
  const { settings, dataDir, ledger, ask, offer, log } = deps
  const files = acmeFiles(dataDir)
  const client = await openClient({ ask, settings, key: keyIn(files.account), known, signal })
  const { termsOfService = '' } = client.directory.meta ?? {}
  if (known === undefined) log('info', 'an account at an authority was made', { directory: settings.directory, terms: termsOfService })
  ledger.remember({ account: { directory: settings.directory, url: client.account, email: settings.email } })
  const before = ledger.kept()
  const replaced = client.directory.renewalInfo === undefined || before?.from !== settings.directory ? undefined : before.cert
  const replaces = replaced === undefined ? undefined : certificateId(replaced)
  return orderCertificate({ client, domains: settings.domains, key: keyIn(files.key), offer, replaces, signal })
}
