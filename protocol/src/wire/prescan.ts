import { limits } from './limits.ts'

/** What is wrong with a frame; never holds its content. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame'
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Walks one msgpack value before any decoder sees it and answers where it ends. Lets through nil, booleans, integers
 * within 2^53, float64, UTF-8 strings, binary, arrays, and maps with distinct string keys; refuses all else.
 */
export function prescan(bytes: Uint8Array, start: number, most: Most = limits): number {
  const scan: Scan = { bytes, at: start, nodes: 0, most }
  value(scan, 0)
  return scan.at
}

/** An answer that came in many DATA frames may be larger than a frame. */
interface Most {
  readonly nodes: number
  readonly stringBytes: number
  readonly arrayItems: number
}

interface Scan {
  readonly most: Most
  readonly bytes: Uint8Array
  at: number
  nodes: number
}

function value(scan: Scan, depth: number): void {
  if (++scan.nodes > scan.most.nodes) throw new MalformedFrame('too many values')
  if (depth > limits.depth) throw new MalformedFrame('too deep')
  const type = byte(scan)
  if (type <= 0x7f || type >= 0xe0 || type === 0xc0 || type === 0xc2 || type === 0xc3) return
  if (type <= 0x8f) return map(scan, type & 0x0f, depth)
  if (type <= 0x9f) return array(scan, type & 0x0f, depth)
  if (type <= 0xbf) return text(scan, type & 0x1f)
  switch (type) {
    case 0xc4:
      return skip(scan, size(scan, 1))
    case 0xc5:
      return skip(scan, size(scan, 2))
    case 0xc6:
      return skip(scan, size(scan, 4))
    case 0xcb:
      return take(scan, 8)
    case 0xcc:
    case 0xd0:
      return take(scan, 1)
    case 0xcd:
    case 0xd1:
      return take(scan, 2)
    case 0xce:
    case 0xd2:
      return take(scan, 4)
    case 0xcf:
    case 0xd3:
      return integer64(scan, type === 0xd3)
    case 0xd9:
      return text(scan, size(scan, 1))
    case 0xda:
      return text(scan, size(scan, 2))
    case 0xdb:
      return text(scan, size(scan, 4))
    case 0xdc:
      return array(scan, size(scan, 2), depth)
    case 0xdd:
      return array(scan, size(scan, 4), depth)
    case 0xde:
      return map(scan, size(scan, 2), depth)
    case 0xdf:
      return map(scan, size(scan, 4), depth)
    default:
      throw new MalformedFrame('a type that the wire does not allow')
  }
}

function array(scan: Scan, items: number, depth: number): void {
  if (items > scan.most.arrayItems) throw new MalformedFrame('too many items')
  for (let i = 0; i < items; i++) value(scan, depth + 1)
}

/** So many keys are compared in place with those before them, which decodes none; of more, a set knows sooner. */
const fewKeys = 32
const forbiddenKey = new TextEncoder().encode('__proto__')

function map(scan: Scan, entries: number, depth: number): void {
  if (entries > limits.mapEntries) throw new MalformedFrame('too many entries')
  const { bytes } = scan
  const starts: number[] = []
  const keys = entries > fewKeys ? new Set<string>() : undefined
  for (let i = 0; i < entries; i++) {
    const length = keyLength(scan)
    const start = scan.at
    text(scan, length)
    const known = keys === undefined ? isAmong(bytes, starts, start, length) : isIn(keys, utf8.decode(bytes.subarray(start, scan.at)))
    if (known || (length === forbiddenKey.length && isSame(bytes, start, forbiddenKey, 0, length)))
      throw new MalformedFrame('a key twice, or one that no map may have')
    value(scan, depth + 1)
  }
}

/** Whether one of the keys before is the same; otherwise it becomes one of them: where each begins, and its length. */
function isAmong(bytes: Uint8Array, starts: number[], start: number, length: number): boolean {
  for (let i = 0; i < starts.length; i += 2) if (starts[i + 1] === length && isSame(bytes, start, bytes, starts[i]!, length)) return true
  starts.push(start, length)
  return false
}

function isIn(keys: Set<string>, key: string): boolean {
  const before = keys.size
  return keys.add(key).size === before
}

function isSame(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false
  return true
}

function keyLength(scan: Scan): number {
  const type = byte(scan)
  const length = type >= 0xa0 && type <= 0xbf ? type & 0x1f : type === 0xd9 ? size(scan, 1) : type === 0xda ? size(scan, 2) : -1
  if (length < 0) throw new MalformedFrame('a key that is not a string')
  return length
}

function text(scan: Scan, length: number): void {
  const start = scan.at
  skip(scan, length)
  for (let i = start; i < scan.at; i++) {
    if (scan.bytes[i]! < 0x80) continue
    try {
      utf8.decode(scan.bytes.subarray(start, scan.at))
    } catch {
      throw new MalformedFrame('text that is not UTF-8')
    }
    return
  }
}

function integer64(scan: Scan, signed: boolean): void {
  const start = scan.at
  take(scan, 8)
  const high = new DataView(scan.bytes.buffer, scan.bytes.byteOffset + start, 4)
  const value = signed ? high.getInt32(0) : high.getUint32(0)
  if (value > 0x1fffff || value < -0x200000) throw new MalformedFrame('an integer beyond 2^53')
}

function size(scan: Scan, width: 1 | 2 | 4): number {
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + byte(scan)
  return value
}

function skip(scan: Scan, length: number): void {
  if (length > scan.most.stringBytes) throw new MalformedFrame('a text or binary that is too long')
  take(scan, length)
}

function take(scan: Scan, length: number): void {
  scan.at += length
  if (scan.at > scan.bytes.length) throw new MalformedFrame('it ends too early')
}

function byte(scan: Scan): number {
  const value = scan.bytes[scan.at++]
  if (value === undefined) throw new MalformedFrame('it ends too early')
  return value
}
