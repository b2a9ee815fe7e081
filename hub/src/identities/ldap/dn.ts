/** Names that some write as numbers. */
const numbers: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.6': 'c',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
}

/** One spelling of a distinguished name (RFC 4514), so that two that mean the same entry are equal; undefined: it is none. */
export function canonicalDn(text: string): string | undefined {
  const rdns: string[][] = [[]]
  let rest = text.trim()
  if (rest === '' || rest.length > 2048) return undefined
  for (;;) {
    const head = /^\s*(?:oid\.)?([A-Za-z][\w-]*|\d+(?:\.\d+)+)\s*=\s*/i.exec(rest)
    if (head === null) return undefined
    const value = readValue(rest.slice(head[0].length))
    if (value === undefined) return undefined
    const type = head[1]!.toLowerCase()
    rdns.at(-1)!.push(`${numbers[type] ?? type}=${normal(value.value)}`)
    rest = value.rest
    if (rest === '') break
    if (rest[0] !== '+') rdns.push([])
    rest = rest.slice(1)
  }
  return rdns.map((pairs) => pairs.sort().join('+')).join(',')
}

/** Up to what ends it; undefined: nobody can read that. */
function readValue(text: string): { readonly value: string; readonly rest: string } | undefined {
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?=$|[,;+])/s.exec(text)
  if (quoted !== null) return whole(unescape(quoted[1]!), text.slice(quoted[0].length))
  const bare = /^(?:[^,;+"\\<>]|\\[0-9a-f]{2}|\\[^0-9a-f])*/is.exec(text)![0]
  const rest = text.slice(bare.length)
  if (rest !== '' && !/^[,;+]/.test(rest)) return undefined
  return whole(unescape(bare), rest)
}

function whole(value: string | undefined, rest: string) {
  return value === undefined ? undefined : { value, rest }
}

/** `\2C` is a byte, `\,` a character. Bytes that are no text make no name. */
function unescape(text: string): string | undefined {
  const parts = text.match(/(?:\\[0-9a-f]{2})+|\\.|[^\\]+/gis) ?? []
  const bytes = parts.map((part) =>
    /^(\\[0-9a-f]{2})+$/i.test(part) ? Buffer.from(part.replaceAll('\\', ''), 'hex') : Buffer.from(part[0] === '\\' ? part.slice(1) : part),
  )
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(bytes))
  } catch {
    return undefined
  }
}

function normal(value: string): string {
  const plain = value.normalize('NFKC').toLowerCase().replaceAll(/\s+/gu, ' ').trim()
  return plain.replaceAll(/[,;+"\\<>=#]/g, String.raw`\$&`)
}
