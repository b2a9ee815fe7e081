const secondBytes = 19
const lastSecond = Buffer.alloc(secondBytes)
let lastZone = ''
let lastSecondMs = 0

/** Whether this line's second is that of the line before: thousands of lines share theirs. */
function sameSecond(bytes: Buffer, from: number): boolean {
  for (let i = secondBytes - 1; i >= 0; i--) if (bytes[from + i] !== lastSecond[i]) return false
  return true
}

/** `2026-11-21T01:02:03.456789012Z text`, of `bytes` from `from` to `to`: the time in ms with its fraction, and where the text begins. */
export function parseTimed(bytes: Buffer, from = 0, to: number = bytes.length): { timeMs: number; at: number } {
  const space = bytes.indexOf(32, from)
  if (space < from + 20 || space > from + 40 || space >= to || bytes[from + 10] !== 0x54) return { timeMs: Date.now(), at: from }
  let fraction = 0
  let scale = 1000
  let i = from + secondBytes
  if (bytes[i] === 0x2e) {
    for (i++; i < space && bytes[i]! >= 0x30 && bytes[i]! <= 0x39; i++) {
      scale /= 10
      fraction += (bytes[i]! - 0x30) * scale
    }
  }
  const zone = bytes[i] === 0x5a && i + 1 === space ? 'Z' : bytes.toString('latin1', i, space)
  if (zone !== lastZone || !sameSecond(bytes, from)) {
    lastSecondMs = Date.parse(bytes.toString('latin1', from, from + secondBytes) + zone)
    bytes.copy(lastSecond, 0, from, from + secondBytes)
    lastZone = zone
  }
  if (Number.isNaN(lastSecondMs)) return { timeMs: Date.now(), at: from }
  return { timeMs: lastSecondMs + Math.round(fraction * 1e6) / 1e6, at: space + 1 }
}
