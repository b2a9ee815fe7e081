const secondBytes = 19
const lastSecond = Buffer.alloc(secondBytes)
let lastZone = ''
let lastSecondMs = 0

/** Whether this line's second is that of the line before: thousands of lines share theirs. */
function sameSecond(line: Buffer): boolean {
  for (let i = secondBytes - 1; i >= 0; i--) if (line[i] !== lastSecond[i]) return false
  return true
}

/** `2026-11-21T01:02:03.456789012Z text`: the time in ms with its fraction, and where the text begins. */
export function parseTimed(line: Buffer): { timeMs: number; at: number } {
  const space = line.indexOf(32)
  if (space < 20 || space > 40 || line[10] !== 0x54) return { timeMs: Date.now(), at: 0 }
  let fraction = 0
  let scale = 1000
  let i = secondBytes
  if (line[i] === 0x2e) {
    for (i++; i < space && line[i]! >= 0x30 && line[i]! <= 0x39; i++) {
      scale /= 10
      fraction += (line[i]! - 0x30) * scale
    }
  }
  const zone = line[i] === 0x5a && i + 1 === space ? 'Z' : line.toString('latin1', i, space)
  if (zone !== lastZone || !sameSecond(line)) {
    lastSecondMs = Date.parse(line.toString('latin1', 0, secondBytes) + zone)
    line.copy(lastSecond, 0, 0, secondBytes)
    lastZone = zone
  }
  if (Number.isNaN(lastSecondMs)) return { timeMs: Date.now(), at: 0 }
  return { timeMs: lastSecondMs + Math.round(fraction * 1e6) / 1e6, at: space + 1 }
}
