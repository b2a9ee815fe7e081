import { BlockList, isIP } from 'node:net'

/** What an address is to the hub: `public`; `private`, for whoever opened it; `never`, whoever opened what. */
export type AddressKind = 'public' | 'private' | 'never'

type Net = readonly [address: string, bits: number]

// Where clouds tell machines their secrets, by whatever network; link-local, which that is mostly at; and what is no one's address.
const neverNets: readonly Net[] = [
  ['0.0.0.0', 8],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['192.0.0.192', 32],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fd00:ec2::', 32],
  ['fd00:42::42', 128],
  ['fd20:ce::254', 128],
  ['fe80::', 10],
  ['ff00::', 8],
]

const privateNets: readonly Net[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Special uses, tunnels among them that nobody needs any more.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
]

const never = listOf(neverNets)
const closed = listOf(privateNets)
/** All that is global unicast in IPv6; the rest is somebody's own or nobody's. NAT64 is the one way out of it. */
const global6 = listOf([
  ['2000::', 3],
  ['64:ff9b::', 96],
])

/** `opened`: networks that whoever runs the hub opened. Text that is no address, or has a zone, is `never`. */
export function kindOf(address: string, opened: BlockList): AddressKind {
  if (isIP(address) === 0 || address.includes('%')) return 'never'
  const kinds = new Set(formsOf(address).map((form) => kindOfForm(form, opened)))
  return kinds.has('never') ? 'never' : kinds.has('private') ? 'private' : 'public'
}

/** Whether an address is in a network that was opened, by whatever name it goes. */
export function isOpened(address: string, opened: BlockList): boolean {
  return formsOf(address).some((form) => has(opened, form))
}

function kindOfForm(form: string, opened: BlockList): AddressKind {
  if (has(never, form)) return 'never'
  const inside = has(closed, form) || (isIP(form) === 6 && !has(global6, form))
  return inside && !has(opened, form) ? 'private' : 'public'
}

/** The address, and every IPv4 address that it is another name of. What merely carries one over IPv4 is judged by that one alone. */
function formsOf(address: string): string[] {
  if (isIP(address) === 4) return [address]
  const words = wordsOf(address)
  const [a, b, c, d, e, f, g, h] = words as unknown as [number, number, number, number, number, number, number, number]
  const zeros = (...some: readonly number[]) => some.every((word) => word === 0)
  const last = v4(g, h)
  // Mapped, and as translators write it; NAT64 of both kinds of prefix that end in the address.
  if (zeros(a, b, c, d, e) && f === 0xffff) return [last]
  if (zeros(a, b, c, d, f) && e === 0xffff) return [last]
  if (a === 0x64 && b === 0xff9b && (zeros(c, d, e, f) || c === 1)) return [address, last]
  // Compatible; :: and ::1 are themselves alone.
  if (zeros(a, b, c, d, e, f)) return g === 0 && h <= 1 ? [address] : [address, last]
  if (a === 0x2002) return [address, v4(b, c)]
  if (a === 0x2001 && b === 0) return [address, v4(c, d), v4(g ^ 0xffff, h ^ 0xffff)]
  // ISATAP, in whatever network.
  if ((e === 0 || e === 0x200) && f === 0x5efe) return [address, last]
  return [address]
}

function wordsOf(address: string): number[] {
  // As a URL it comes back in one form: lower case, no dotted end, one :: at most.
  const text = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...middle, ...right].map((word) => Number.parseInt(word, 16))
}

function v4(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Networks as they are written: `10.0.0.0/8`, or one address. */
export function readNets(texts: readonly string[]): BlockList {
  return listOf(
    texts.map((text) => {
      const [address = '', bits] = text.split('/')
      return [address, bits === undefined ? (isIP(address) === 6 ? 128 : 32) : Number(bits)]
    }),
  )
}

/** Undefined: it can be read as a network. */
export function netFault(text: string): string | undefined {
  const [address = '', bits = isIP(address) === 6 ? '128' : '32', more] = text.split('/')
  const most = isIP(address) === 6 ? 128 : 32
  const fits = isIP(address) !== 0 && !address.includes('%') && more === undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= most
  return fits ? undefined : `"${text}" is neither an address nor a network like 10.0.0.0/8`
}

function listOf(nets: readonly Net[]): BlockList {
  const list = new BlockList()
  for (const [address, bits] of nets) list.addSubnet(address, bits, familyOf(address))
  return list
}

/** A list of Node answers for a mapped address as for the IPv4 one, and for nothing else that holds one. */
function has(list: BlockList, address: string): boolean {
  return list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
