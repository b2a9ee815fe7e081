import { lookup } from 'node:dns/promises'
import type { AcmeReason } from '@fairlead/protocol/features/settings.ts'
import { readMemory } from '../acme/files.ts'
import { acmeFiles, type AcmeSettings } from '../base/acme-settings.ts'
import { failed, fine, odd, type Finding } from './doctor-machine.ts'

/** What mends each reason; the rest mends itself, or is said in the log. */
const mends: Partial<Record<AcmeReason, string>> = {
  port: 'stop what listens there (ss -ltnp), or lead port 80 to another one and set FAIRLEAD_ACME_LISTEN',
  dns: 'make the name in DNS, with the address of this hub',
  connection: 'let port 80 through to this hub: firewall, router, the port before a container',
  unauthorized: 'lead the name in DNS, and port 80, to this hub: another server answers there',
  caa: 'let the authority make certificates for the name: its CAA record in DNS says who may',
  rejected: 'take the name out of FAIRLEAD_ACME_DOMAINS, or name another authority',
  terms: 'read and agree to the new terms where the authority says',
  account: 'mend FAIRLEAD_ACME_EMAIL, FAIRLEAD_ACME_EAB_KID and FAIRLEAD_ACME_EAB_KEY as the authority says',
  unreachable: 'look at this machine’s way out, its DNS, and FAIRLEAD_ACME_DIRECTORY',
  untrusted: 'set the clock (timedatectl set-ntp true), or name the authority’s own CA in FAIRLEAD_ACME_CA',
  answer: 'mend FAIRLEAD_ACME_DIRECTORY: no authority answers there',
  certificate: 'look at what it says, and at the clock; the hub asks again by itself',
}

/** How it is with the authority, as the hub wrote it down; and whether the names are known at all. */
export async function checkOrders(dataDir: string, { domains, directory }: AcmeSettings): Promise<Finding> {
  const unknown = (await Promise.all(domains.map(async (name) => ((await isKnown(name)) ? [] : [name])))).flat()
  const { reason, detail, nextMs, from } = readMemory(acmeFiles(dataDir).state)
  const at = new Date(nextMs).toISOString()
  if (reason !== undefined) {
    const mend = mends[reason] ?? 'see the log of the hub'
    return failed('acme', `${reason}: ${detail}`, nextMs > Date.now() ? `${mend}; asked again at ${at}` : mend)
  }
  if (from === directory) return fine('acme', `${domains.join(', ')} by ${new URL(directory).host}`)
  return unknown.length > 0
    ? odd('acme', `${unknown.join(', ')} is not known in DNS here`, mends.dns!)
    : odd('acme', `no certificate of ${new URL(directory).host} yet`, 'start the hub')
}

async function isKnown(name: string): Promise<boolean> {
  return lookup(name).then(
    () => true,
    () => false,
  )
}
