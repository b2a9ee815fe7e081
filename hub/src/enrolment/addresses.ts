import { networkInterfaces } from 'node:os'

export interface Address {
  readonly url: string
  readonly tls: string
  readonly note: string
}

/** Where agents may reach this hub, the one that was set first. */
export function addresses(publicUrl: string | undefined, httpsPort: number): Address[] {
  const own = { tls: 'self-signed', note: 'address of this machine' }
  const found = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, family, address }) => !internal && (family === 'IPv4' || !address.startsWith('fe80')))
    .map(({ address, family }) => ({ url: `https://${family === 'IPv6' ? `[${address}]` : address}:${httpsPort}`, ...own }))
  const local = { url: `https://localhost:${httpsPort}`, tls: 'self-signed', note: 'this machine only' }
  if (publicUrl === undefined) return [...found, local]
  const tls = publicUrl.startsWith('https:') ? 'public' : 'none'
  return [{ url: publicUrl, tls, note: 'FAIRLEAD_PUBLIC_URL' }, ...found, local]
}
