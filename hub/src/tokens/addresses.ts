import { BlockList, isIP } from 'node:net'
import { FairleadError } from '@fairlead/protocol/errors.ts'

/** Addresses and networks as people write them, e.g. 192.0.2.7 and 2001:db8::/32. Throws `invalid_input` naming what is neither. */
export function readNetworks(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const [address = '', bits, more] = text.split('/')
    const family = isIP(address)
    const most = family === 4 ? 32 : 128
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (family === 0 || more !== undefined || !(prefix <= most))
      throw new FairleadError('invalid_input', `"${text.slice(0, 64)}" is no address and no network; write 192.0.2.7 or 192.0.2.0/24.`, {
        details: { field: 'addresses' },
      })
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

/** `addresses` empty: from anywhere. An IPv4 address may come in the clothes of IPv6. */
export function mayComeFrom(addresses: readonly string[], ip: string): boolean {
  if (addresses.length === 0) return true
  const plain = ip.startsWith('::ffff:') && isIP(ip.slice(7)) === 4 ? ip.slice(7) : ip
  const family = isIP(plain)
  return family !== 0 && readNetworks(addresses).check(plain, family === 4 ? 'ipv4' : 'ipv6')
}
